"""Score configurations: made, changed, archived, listed."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.score import YES_AND_NO, ScoreCategory, ScoreConfig, ScoreType
from spanglass_server.normalize.score_configs import check_config
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Reading, Serving, Writing
from spanglass_server.web.documents import Text, body_of
from spanglass_server.web.langfuse.documents import Document, Paging, json_response, page_json, time_text
from spanglass_server.web.langfuse.score_json import DATA_TYPES
from spanglass_server.web.services import Services

router = APIRouter()

Name = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=r"^[\w .()-]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[float, Field(allow_inf_nan=False)]

_DATA_TYPES: Final[dict[str, ScoreType]] = {
    "NUMERIC": "numeric",
    "BOOLEAN": "boolean",
    "CATEGORICAL": "categorical",
    "TEXT": "text",
}


class CategoryBody(Document):
    label: Label
    value: Number


Categories = Annotated[list[CategoryBody], Field(max_length=500)]


class ConfigBody(Document):
    name: Name
    data_type: Literal["NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT"]
    categories: Categories | None = None
    min_value: Number | None = None
    max_value: Number | None = None
    description: Text | None = None


class ConfigChange(Document):
    """What is absent or null stays."""

    name: Name | None = None
    categories: Categories | None = None
    min_value: Number | None = None
    max_value: Number | None = None
    description: Text | None = None
    is_archived: bool | None = None


@router.post("/score-configs")
def create_config(
    caller: Writing, services: Serving, body: Annotated[ConfigBody, Depends(body_of(ConfigBody))]
) -> Response:
    data_type = _DATA_TYPES[body.data_type]
    now_ns = services.now_ns()
    config = ScoreConfig(
        id=str(uuid.uuid4()),
        name=body.name,
        data_type=data_type,
        min_value=body.min_value,
        max_value=body.max_value,
        categories=YES_AND_NO if data_type == "boolean" else _categories(body.categories),
        description=body.description,
        is_archived=False,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
    )
    return _keep(services, caller.project.id, config, body.categories)


@router.get("/score-configs")
def list_configs(caller: Reading, services: Serving, page: Paging) -> Response:
    found = services.library.score_configs.list(caller.project.id, page)
    return json_response(
        page_json(page, found, [_config_json(config, caller.project.id) for config in found.items])
    )


@router.get("/score-configs/{config_id}")
def get_config(caller: Reading, services: Serving, config_id: str) -> Response:
    return json_response(_config_json(_get(services, caller, config_id), caller.project.id))


@router.patch("/score-configs/{config_id}")
def change_config(
    caller: Writing,
    services: Serving,
    config_id: str,
    body: Annotated[ConfigChange, Depends(body_of(ConfigChange))],
) -> Response:
    """Scores that are stored already stay as they are."""
    given: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"categories"})
    if body.categories is not None:
        given["categories"] = _categories(body.categories)
    config = _get(services, caller, config_id)._replace(**given, updated_at_ns=services.now_ns())
    return _keep(services, caller.project.id, config, body.categories)


def _keep(
    services: Services, project_id: str, config: ScoreConfig, given: Sequence[CategoryBody] | None
) -> Response:
    if config.data_type == "boolean" and given is not None:
        raise BadInput("`categories` are of CATEGORICAL configurations", hint="leave them out")
    check_config(config)
    services.library.score_configs.put(project_id, config)
    return json_response(_config_json(config, project_id))


def _categories(given: Sequence[CategoryBody] | None) -> tuple[ScoreCategory, ...]:
    return tuple(ScoreCategory(category.label, category.value) for category in given or ())


def _get(services: Services, caller: Caller, config_id: str) -> ScoreConfig:
    config = services.library.score_configs.find(caller.project.id, [config_id]).get(config_id)
    if config is None:
        raise NotFound(f"there is no score configuration `{config_id}` in this project")
    return config


def _config_json(config: ScoreConfig, project_id: str) -> dict[str, Any]:
    return {
        "id": config.id,
        "name": config.name,
        "projectId": project_id,
        "dataType": DATA_TYPES[config.data_type],
        "isArchived": config.is_archived,
        "minValue": config.min_value,
        "maxValue": config.max_value,
        "categories": [category._asdict() for category in config.categories] or None,
        "description": config.description,
        "createdAt": time_text(config.created_at_ns),
        "updatedAt": time_text(config.updated_at_ns),
    }
