"""Silences: nobody hears of the alerts that they match, for a time."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.model.notification import Silence
from spanglass_server.model.series import Matcher
from spanglass_server.notify.matchers import make_matcher, parse_matchers
from spanglass_server.web.api import notification_models as models
from spanglass_server.web.api.notification_shape import plain_alert_json, silence_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services

router = APIRouter(tags=["notifications"])
_MS_NS = 1_000_000


@router.get("/silences", response_model=models.Silences)
def list_silences(caller: Reading, services: Serving) -> Response:
    """The project's silences, those that end last first; expired ones for five days."""
    found = services.notifications.list_silences(caller.project.id)
    return json_response({"items": [_json(silence, services) for silence in found]})


@router.post("/silences", response_model=models.Silence, status_code=201)
def create_silence(caller: Editing, services: Serving, given: models.SilenceInput) -> Response:
    made = services.notifications.put_silence(_to_silence("", caller, services, given))
    response = json_response(_json(made, services))
    response.status_code = 201
    return response


@router.post("/silences/preview", response_model=models.NotifiedAlerts)
def preview_silence(caller: Reading, services: Serving, given: models.SilencePreview) -> Response:
    """The firing alerts that such a silence would match."""
    silence = Silence(caller.project.id, "", _to_matchers(given.matchers), 0, 0, "", "", 0)
    alerts = services.notifications.preview_silence(silence)
    return json_response({"items": [plain_alert_json(alert) for alert in alerts]})


@router.get("/silences/{silence_id}", response_model=models.Silence)
def get_silence(caller: Reading, services: Serving, silence_id: str) -> Response:
    return json_response(_json(services.notifications.get_silence(caller.project.id, silence_id), services))


@router.put("/silences/{silence_id}", response_model=models.Silence)
def change_silence(
    caller: Editing, services: Serving, silence_id: str, given: models.SilenceInput
) -> Response:
    """Change it. Other matchers, or another start of one that has begun, end it and make a new one: look at
    the answer's `id`."""
    silence = _to_silence(silence_id, caller, services, given)
    return json_response(_json(services.notifications.put_silence(silence), services))


@router.delete("/silences/{silence_id}", response_model=models.Silence)
def expire_silence(caller: Editing, services: Serving, silence_id: str) -> Response:
    """End it now."""
    ended = services.notifications.expire_silence(caller.project.id, silence_id)
    return json_response(_json(ended, services))


def _to_silence(silence_id: str, caller: Caller, services: Services, given: models.SilenceInput) -> Silence:
    now_ns = services.now_ns()
    return Silence(
        project_id=caller.project.id,
        id=silence_id,
        matchers=_to_matchers(given.matchers),
        starts_at_ms=parse_time_ns(given.starts_at, now_ns, name="starts_at") // _MS_NS,
        ends_at_ms=parse_time_ns(given.ends_at, now_ns, name="ends_at") // _MS_NS,
        created_by=given.created_by,
        comment=given.comment,
        updated_at_ms=now_ns // _MS_NS,
    )


def _to_matchers(given: Sequence[models.Matcher] | str) -> tuple[Matcher, ...]:
    try:
        if isinstance(given, str):
            return parse_matchers(given)
        return tuple(make_matcher(matcher.name, matcher.op, matcher.value) for matcher in given)
    except ValueError as problem:
        raise BadInput(f"`matchers`: {problem}") from None


def _json(silence: Silence, services: Services) -> dict[str, object]:
    return silence_json(silence, services.now_ns() // _MS_NS)
