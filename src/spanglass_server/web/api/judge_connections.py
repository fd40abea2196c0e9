"""Connections to models that judge: kept, tried, removed. Keys never come back."""

from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, Path, Response

from spanglass.evaluators.judge import PROVIDERS, Provider
from spanglass_server.model.evaluation import JudgeConnection
from spanglass_server.quality.connections import ConnectionInput
from spanglass_server.web.api import judge_connection_models as models
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.callers import Administering, Reading, Serving

router = APIRouter(tags=["evaluators"])
ConnectionName = Annotated[str, Path(max_length=64, description="Unique in the project.")]


@router.get("/judge-connections", response_model=models.JudgeConnections)
def list_connections(caller: Reading, services: Serving) -> Response:
    """The project's connections, by name, and the providers that there are."""
    connections = services.evaluations.connections
    return json_response(
        {
            "items": [_json(each) for each in connections.list_connections(caller.project.id)],
            "providers": [_provider_json(provider) for provider in PROVIDERS],
            "env_keys": sorted(connections.policy.env_keys),
        }
    )


@router.get("/judge-connections/{name}", response_model=models.JudgeConnection)
def get_connection(caller: Reading, services: Serving, name: ConnectionName) -> Response:
    return json_response(_json(services.evaluations.connections.get_connection(caller.project.id, name)))


@router.put("/judge-connections/{name}", response_model=models.JudgeConnection)
def put_connection(
    caller: Administering, services: Serving, name: ConnectionName, given: models.JudgeConnectionInput
) -> Response:
    """Make it, or change it as a whole. A key left as `***` stays what it was, if the address does."""
    wanted = ConnectionInput(**given.model_dump())
    kept = services.evaluations.connections.put_connection(caller.project.id, name, wanted)
    return json_response(_json(kept))


@router.delete("/judge-connections/{name}", status_code=204)
def delete_connection(caller: Administering, services: Serving, name: ConnectionName) -> Response:
    """Remove it. Evaluators that use it fail, and say so."""
    services.evaluations.connections.delete_connection(caller.project.id, name)
    return Response(status_code=204)


@router.post("/judge-connections/{name}/test", response_model=models.ConnectionTest)
def check_connection(caller: Administering, services: Serving, name: ConnectionName) -> Response:
    """Ask its model one small question. A judge that does not answer is told, and no error of this server."""
    tested = services.evaluations.test_connection(caller.project.id, name)
    return json_response(
        {
            "ok": not tested.problem,
            "duration_ms": tested.duration_ms,
            "model": tested.model or None,
            "input_tokens": tested.input_tokens,
            "output_tokens": tested.output_tokens,
            "problem": tested.problem or None,
            "hint": tested.hint or None,
        }
    )


def _json(connection: JudgeConnection) -> Json:
    shown = connection._asdict()
    for name in ("project_id", "created_at_ns", "updated_at_ns"):
        del shown[name]
    return {
        **shown,
        "created_at": time_text(connection.created_at_ns),
        "updated_at": time_text(connection.updated_at_ns),
    }


def _provider_json(provider: Provider) -> Json:
    return {
        "name": provider.name,
        "title": provider.title,
        "default_url": provider.default_url,
        "needs_url": provider.needs_url,
        "needs_key": provider.needs_key,
        "is_installed": all(_is_there(module) for module in provider.modules),
        "extra": provider.extra,
    }


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # The package around it is not there either.
        return False
