"""Alertmanager's HTTP API, version 2, as amtool and Grafana speak it: what is told and silenced here.

Source: Alertmanager's api/v2/openapi.yaml. Alerts are not taken this way: they come from rules.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from spanglass_server.base.errors import BadInput, SpanglassError
from spanglass_server.model.notification import Silence
from spanglass_server.model.series import Matcher, MatchOperator
from spanglass_server.notify.config import RESOLVE_TIMEOUT_MS
from spanglass_server.notify.matchers import is_match, make_matcher, parse_matcher
from spanglass_server.notify.notification import fingerprint_of
from spanglass_server.notify.office import AlertView
from spanglass_server.notify.regex import compile_regex
from spanglass_server.notify.secret import MASK
from spanglass_server.notify.templates import time_text
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.errors import status_of
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services

ALERTMANAGER_PATH: Final = "/alertmanager"
_MS_NS: Final = 1_000_000
_ALERTMANAGER_VERSION: Final = "0.25.0"
"""Whose API this is; clients look at it."""
_HIDDEN_URL: Final = re.compile(rf"""(\w*url['"]?\s*:\s*)"{re.escape(MASK)}\"""")

router = APIRouter()
Filters = Annotated[list[str] | None, Query(alias="filter")]


class MatcherBody(BaseModel):
    name: str
    value: str
    isRegex: bool = False  # noqa: N815 - Alertmanager's
    isEqual: bool = True  # noqa: N815


class SilenceBody(BaseModel):
    id: str | None = None
    matchers: list[MatcherBody]
    startsAt: str  # noqa: N815
    endsAt: str  # noqa: N815
    createdBy: str  # noqa: N815
    comment: str


class AlertSelection:
    """Which alerts a request wants; by default all of them."""

    def __init__(
        self,
        filters: Filters = None,
        *,
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
        receiver: str = "",
    ) -> None:
        self._matchers = _parse_filters(filters)
        self._active = active
        self._silenced = silenced
        self._inhibited = inhibited
        self._receiver = receiver

    def holds(self, view: AlertView) -> bool:
        mute = view.mute
        if (not self._active and not mute.is_muted) or (not self._silenced and mute.silenced_by):
            return False
        if not self._inhibited and mute.inhibited_by:
            return False
        if self._receiver and not any(self.holds_receiver(name) for name in view.receivers):
            return False
        return is_match(self._matchers, dict(view.alert.labels))

    def holds_receiver(self, name: str) -> bool:
        try:
            return not self._receiver or compile_regex(self._receiver).fullmatch(name) is not None
        except ValueError as problem:
            raise BadInput(f"`receiver`: {problem}") from None


Selecting = Annotated[AlertSelection, Depends()]


def build_alertmanager(services: Services) -> FastAPI:
    """To be mounted at ALERTMANAGER_PATH."""
    api = FastAPI(title="Alertmanager's API", docs_url=None, redoc_url=None, openapi_url=None)
    api.state.services = services
    api.add_exception_handler(SpanglassError, _answer_error)
    api.add_exception_handler(RequestValidationError, _answer_validation)
    api.add_exception_handler(HTTPException, _answer_http)
    api.include_router(router, prefix="/api/v2")
    return api


@router.get("/status")
def get_status(caller: Reading, services: Serving) -> Response:
    config = services.notifications.find_config(caller.project.id)
    return json_response(
        {
            "cluster": {"status": "disabled", "peers": []},
            "config": {"original": _readable(config.text)},
            "uptime": time_text(services.started_at_ns // _MS_NS),
            "versionInfo": {
                "version": _ALERTMANAGER_VERSION,
                "branch": "spanglass",
                "revision": services.version,
                "buildDate": "",
                "buildUser": "",
                "goVersion": "",
            },
        }
    )


@router.get("/receivers")
def list_receivers(caller: Reading, services: Serving) -> Response:
    names = services.notifications.list_receiver_names(caller.project.id)
    return json_response([{"name": name} for name in names])


@router.get("/alerts")
def list_alerts(caller: Reading, services: Serving, wanted: Selecting) -> Response:
    views = services.notifications.list_alerts(caller.project.id)
    return json_response([_alert_json(view) for view in views if wanted.holds(view)])


@router.get("/alerts/groups")
def list_groups(caller: Reading, services: Serving, wanted: Selecting) -> Response:
    groups = [
        {
            "labels": dict(group.labels),
            "receiver": {"name": group.receiver},
            "alerts": [_alert_json(view) for view in group.alerts if wanted.holds(view)],
        }
        for group in services.notifications.list_groups(caller.project.id)
        if wanted.holds_receiver(group.receiver)
    ]
    return json_response([group for group in groups if group["alerts"]])


@router.get("/silences")
def list_silences(caller: Reading, services: Serving, filters: Filters = None) -> Response:
    matchers = _parse_filters(filters)
    found = services.notifications.list_silences(caller.project.id)
    return json_response(
        [
            _silence_json(silence, services)
            for silence in found
            if is_match(matchers, {matcher.name: matcher.value for matcher in silence.matchers})
        ]
    )


@router.post("/silences")
def post_silence(caller: Editing, services: Serving, given: Annotated[SilenceBody, Body()]) -> Response:
    now_ns = services.now_ns()
    silence = Silence(
        project_id=caller.project.id,
        id=given.id or "",
        matchers=tuple(_to_matcher(matcher) for matcher in given.matchers),
        starts_at_ms=parse_time_ns(given.startsAt, now_ns, name="startsAt") // _MS_NS,
        ends_at_ms=parse_time_ns(given.endsAt, now_ns, name="endsAt") // _MS_NS,
        created_by=given.createdBy,
        comment=given.comment,
        updated_at_ms=now_ns // _MS_NS,
    )
    return json_response({"silenceID": services.notifications.put_silence(silence).id})


@router.get("/silence/{silence_id}")
def get_silence(caller: Reading, services: Serving, silence_id: str) -> Response:
    return json_response(
        _silence_json(services.notifications.get_silence(caller.project.id, silence_id), services)
    )


@router.delete("/silence/{silence_id}")
def delete_silence(caller: Editing, services: Serving, silence_id: str) -> Response:
    services.notifications.expire_silence(caller.project.id, silence_id)
    return Response(status_code=200)


def _readable(text: str) -> str:
    """With secrets hidden as Alertmanager does, and URLs as URLs: amtool reads the text with its routes."""
    text = _HIDDEN_URL.sub(r'\1"http://hidden.invalid/"', text)
    return text.replace(f'"{MASK}"', "<secret>")


def _parse_filters(filters: Sequence[str] | None) -> Sequence[Matcher]:
    try:
        return [parse_matcher(text) for text in filters or ()]
    except ValueError as problem:
        raise BadInput(f"`filter`: {problem}") from None


def _to_matcher(given: MatcherBody) -> Matcher:
    ops: Mapping[tuple[bool, bool], MatchOperator] = {
        (False, True): "=",
        (False, False): "!=",
        (True, True): "=~",
        (True, False): "!~",
    }
    try:
        return make_matcher(given.name, ops[given.isRegex, given.isEqual], given.value)
    except ValueError as problem:
        raise BadInput(f"`matchers`: {problem}") from None


def _alert_json(view: AlertView) -> dict[str, Any]:
    alert, mute = view.alert, view.mute
    return {
        "annotations": dict(alert.annotations),
        # Until when it counts as firing, if nothing more is heard of it.
        "endsAt": time_text(alert.updated_at_ms + RESOLVE_TIMEOUT_MS),
        "fingerprint": fingerprint_of(alert.labels),
        "receivers": [{"name": name} for name in view.receivers],
        "startsAt": time_text(alert.starts_at_ms),
        "status": {
            "inhibitedBy": list(mute.inhibited_by),
            "silencedBy": list(mute.silenced_by),
            "state": "suppressed" if mute.is_muted else "active",
        },
        "updatedAt": time_text(alert.updated_at_ms),
        "generatorURL": alert.generator_url,
        "labels": dict(alert.labels),
    }


def _silence_json(silence: Silence, services: Services) -> dict[str, Any]:
    return {
        "id": silence.id,
        "status": {"state": silence.state(services.now_ns() // _MS_NS)},
        "updatedAt": time_text(silence.updated_at_ms),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": time_text(silence.ends_at_ms),
        "startsAt": time_text(silence.starts_at_ms),
        "matchers": [
            {
                "name": matcher.name,
                "value": matcher.value,
                "isRegex": matcher.op in ("=~", "!~"),
                "isEqual": matcher.op in ("=", "=~"),
            }
            for matcher in silence.matchers
        ],
    }


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpanglassError)
    return _refusal(status_of(error)[0], error.message)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return _refusal(400, f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}")


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _refusal(error.status_code, str(error.detail))


def _refusal(status: int, message: str) -> Response:
    """The body is a JSON text, as Alertmanager's."""
    response = json_response(message)
    response.status_code = status
    return response
