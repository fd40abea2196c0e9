"""Score configurations: what scores of a name may be, and which way of them is better."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.base.limits import SCORE_CONFIGS_MAX
from spanglass_server.model.score import YES_AND_NO, ScoreCategory, ScoreConfig
from spanglass_server.normalize.score_configs import check_config
from spanglass_server.store.library import Slice
from spanglass_server.web.api import score_config_models as models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Reading, Serving, Writing
from spanglass_server.web.services import Services

router = APIRouter(tags=["scores"])
ConfigId = Annotated[str, Path(max_length=64)]


@router.get("/score-configs", response_model=models.ScoreConfigs)
def list_score_configs(
    caller: Reading,
    services: Serving,
    is_archived: Annotated[bool | None, Query(description="Absent: both.")] = None,
) -> Response:
    """All of the project, newest first."""
    found = services.library.score_configs.list(caller.project.id, Slice(SCORE_CONFIGS_MAX, 0)).items
    wanted = [config for config in found if is_archived in (None, config.is_archived)]
    return json_response({"items": [_config_json(config) for config in wanted]})


@router.post("/score-configs", response_model=models.ScoreConfig, status_code=201)
def create_score_config(caller: Writing, services: Serving, given: models.ScoreConfigInput) -> Response:
    """Scores that name it, or have its name and fit it, get their quality from it from now on."""
    now_ns = services.now_ns()
    config = ScoreConfig(
        id=str(uuid.uuid4()),
        name=given.name,
        data_type=given.data_type,
        min_value=given.min_value,
        max_value=given.max_value,
        categories=YES_AND_NO
        if given.data_type == "boolean" and not given.categories
        else _categories(given.categories),
        description=given.description,
        is_archived=False,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
        better=given.better,
    )
    answer = _keep(services, caller.project.id, config)
    answer.status_code = 201
    return answer


@router.get("/score-configs/{config_id}", response_model=models.ScoreConfig)
def get_score_config(caller: Reading, services: Serving, config_id: ConfigId) -> Response:
    return json_response(_config_json(_get(services, caller.project.id, config_id)))


@router.patch("/score-configs/{config_id}", response_model=models.ScoreConfig)
def change_score_config(
    caller: Writing, services: Serving, config_id: ConfigId, given: models.ScoreConfigChange
) -> Response:
    """What is absent stays; null takes a bound or the description away. Scores that are stored already keep
    the quality that they have."""
    asked: dict[str, Any] = given.model_dump(exclude_unset=True, exclude={"categories"})
    changes = {key: value for key, value in asked.items() if value is not None or key in _CLEARABLE}
    if given.categories is not None:
        changes["categories"] = _categories(given.categories)
    config = _get(services, caller.project.id, config_id)
    return _keep(services, caller.project.id, config._replace(**changes, updated_at_ns=services.now_ns()))


_CLEARABLE = ("min_value", "max_value", "description")


@router.delete("/score-configs/{config_id}", status_code=204)
def archive_score_config(caller: Writing, services: Serving, config_id: ConfigId) -> Response:
    """Archived, not deleted: scores name it. No further score may; PATCH brings it back."""
    config = _get(services, caller.project.id, config_id)
    services.library.score_configs.put(
        caller.project.id, config._replace(is_archived=True, updated_at_ns=services.now_ns())
    )
    return Response(status_code=204)


def _keep(services: Services, project_id: str, config: ScoreConfig) -> Response:
    check_config(config)
    services.library.score_configs.put(project_id, config)
    return json_response(_config_json(config))


def _categories(given: Sequence[models.Category]) -> tuple[ScoreCategory, ...]:
    return tuple(ScoreCategory(category.label, category.value) for category in given)


def _get(services: Services, project_id: str, config_id: str) -> ScoreConfig:
    config = services.library.score_configs.find(project_id, [config_id]).get(config_id)
    if config is None:
        raise NotFound(
            f"there is no score configuration `{config_id}` in this project",
            hint="list them at /api/v1/score-configs",
        )
    return config


def _config_json(config: ScoreConfig) -> dict[str, Any]:
    is_categorical = config.data_type == "categorical"
    return {
        "id": config.id,
        "name": config.name,
        "data_type": config.data_type,
        "min_value": config.min_value,
        "max_value": config.max_value,
        "categories": [category._asdict() for category in config.categories if is_categorical],
        "description": config.description,
        "better": config.better,
        "is_archived": config.is_archived,
        "created_at": time_text(config.created_at_ns),
        "updated_at": time_text(config.updated_at_ns),
    }
