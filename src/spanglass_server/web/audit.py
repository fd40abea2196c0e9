"""Writing down who changed what.

Every request that asks for the permission to edit or to administer, and succeeds, is an entry: `Audited` sees
to it at one place, so that no endpoint can forget it. An endpoint that has more to say records by itself,
which then stands for its request.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
import structlog
from fastapi import Request

from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.identity import Actor, AuditEntry
from spanglass_server.store.audit import AuditLog
from spanglass_server.web.asgi import AsgiApp, Message, Receive, Scope, Send

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TEXT_CHARS_MAX: Final = 500
"""Of one text among the details."""
_PARTS_MAX: Final = 50
"""Of one object or list among the details."""
_DEPTH_MAX: Final = 4
_ANSWER_BYTES_MAX: Final = 64 << 10
"""Longer answers are not looked into for the name of what they made."""
_SECRET_NAMES: Final = re.compile(
    r"passw|secret|token|api_?key|authorization|credential|cookie|private_?key|webhook|headers", re.IGNORECASE
)
_SECRET_TEXTS: Final = re.compile(
    r"sk-[A-Za-z0-9_-]{8,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|Bearer\s+\S+|Basic\s+\S+|eyJ[\w-]{10,}\.[\w.-]+"
)
_HIDDEN: Final = "•••"


class Acting(Protocol):
    """A caller."""

    @property
    def actor(self) -> Actor: ...


@dataclass(slots=True, kw_only=True)
class _Change:
    """What is known of the request that is being answered."""

    actor: Actor | None = None
    project_id: str = ""
    action: str = ""
    target: str = ""
    is_recorded: bool = False


_current: ContextVar[_Change | None] = ContextVar("audited_change", default=None)


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Records. `log` is None where nobody keeps it."""

    log: AuditLog | None = None
    now_ns: Callable[[], int] = field(default=lambda: 0)

    def record(
        self,
        who: Acting | Actor,
        *,
        action: str,
        target: str = "",
        project_id: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write it down: `action` is `resource.verb`, `project_id` empty for what is the server's own.

        Never raises: that the log cannot be written does not undo what was done, so it is logged as
        `audit_failed` instead. Details lose what looks like a secret, and what is too long.
        """
        change = _current.get()
        if change is not None:
            change.is_recorded = True
        actor = who if isinstance(who, Actor) else who.actor
        if self.log is None:
            return
        entry = AuditEntry(
            id=secrets.token_hex(16),
            time_ns=self.now_ns(),
            actor_type=actor.type,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            project_id=project_id,
            target=_without_secrets(target),
            details=_told(details or {}),
            address=actor.address,
        )
        try:
            self.log.append(entry)
        except SpanglassError as error:
            structlog.get_logger(__name__).error("audit_failed", action=action, reason=error.message)


_WORK_OF_TEAMS: Final = frozenset(
    {
        *("create_dataset", "change_dataset", "put_dataset"),
        *("create_queue", "change_queue", "fill_queue"),
        *("create_score_config", "change_score_config", "archive_score_config"),
        *("create_config", "change_config"),
        *("create_prompt", "put_labels"),
    }
)
"""Endpoints of what a team works with that the scope `ingest` opens, because SDKs make it too. Scores,
reviews and the items of datasets are data, and in no audit log."""


def is_work_of_a_team(request: Request) -> bool:
    return getattr(request.scope.get("endpoint"), "__name__", "") in _WORK_OF_TEAMS


def note_change(request: Request, actor: Actor, project_id: str) -> None:
    """Tell `Audited` who asks for a change. Of requests that only read, nothing is kept."""
    change = _current.get()
    if change is None or request.method in _SAFE_METHODS:
        return
    change.actor, change.project_id = actor, project_id
    change.action = _action_of(request.scope.get("endpoint"))
    change.target = "/".join(str(part) for part in request.path_params.values())


class Audited:
    """Records what endpoints behind it changed and did not record by themselves."""

    def __init__(self, app: AsgiApp, trail: AuditTrail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        change = _Change()
        token = _current.set(change)
        start: Message = {}

        async def send_recorded(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start:
                if start["status"] < 400:
                    await self._record(change, message)
                await send(start)
                start = {}
            await send(message)

        try:
            await self._app(scope, receive, send_recorded)
        finally:
            _current.reset(token)

    async def _record(self, change: _Change, body: Message) -> None:
        """Before the answer goes out: whoever hears of the change finds it in the log."""
        if change.actor is None or change.is_recorded:
            return
        await asyncio.to_thread(
            self._trail.record,
            change.actor,
            action=change.action,
            target=change.target or _made(body),
            project_id=change.project_id,
        )


def _action_of(endpoint: Any) -> str:
    """`delete_dataset` is `dataset.delete`, `try_evaluator` `evaluator.try`."""
    verb, _, noun = str(getattr(endpoint, "__name__", "request")).strip("_").partition("_")
    return f"{noun or 'request'}.{_VERBS.get(verb, verb)}"


_VERBS: Final[Mapping[str, str]] = {"put": "set", "patch": "change", "post": "create", "update": "change"}


def _made(body: Message) -> str:
    """The name or id of what an answer says it made."""
    if body.get("more_body") or len(body.get("body", b"")) > _ANSWER_BYTES_MAX:
        return ""
    try:
        made = orjson.loads(body.get("body", b""))
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(made, dict):
        return ""
    return next((str(made[name]) for name in ("name", "id") if made.get(name)), "")


def _told(details: Mapping[str, Any], depth: int = _DEPTH_MAX) -> dict[str, Any]:
    return {
        _without_secrets(str(name)): _told_value(str(name), value, depth)
        for name, value in list(details.items())[:_PARTS_MAX]
    }


def _told_value(name: str, value: Any, depth: int) -> Any:
    if _SECRET_NAMES.search(name):
        return _HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > 0 and isinstance(value, Mapping):
        return _told(value, depth - 1)
    if depth > 0 and isinstance(value, Sequence | frozenset | set) and not isinstance(value, str | bytes):
        return [_told_value("", part, depth - 1) for part in list(value)[:_PARTS_MAX]]
    return _without_secrets(str(value))


def _without_secrets(text: str) -> str:
    """Cut last: half a secret is one still, and no longer looks like it."""
    return _SECRET_TEXTS.sub(_HIDDEN, text)[:_TEXT_CHARS_MAX]
