"""The gateway: what the people's browsers talk to. It knows who asks, and calls the RAG service over HTTP."""

import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self

import httpx2
from opentelemetry.baggage import set_baggage
from opentelemetry.context import attach, detach, get_current
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

import spanglass
from spanglass_examples.rag_service.features import Feature, User
from spanglass_examples.rag_service.models import Turn
from spanglass_examples.rag_service.telemetry import set_ok, set_payload

_TURNS_MAX: Final = 3
_SESSIONS_MAX: Final = 500
_TIMEOUT_S: Final = 180.0


_FEEDBACK_SHARE: Final = 0.25
_LIKED_SHARE: Final = 0.88
_LIKED_SHARE_WITHOUT_SOURCE: Final = 0.7
_COMPLAINTS: Final = ("not what I asked", "too long", "the source does not say that", "I knew that already")


class Visit(NamedTuple):
    """Somebody asks something."""

    user: User
    session_id: str
    feature: Feature
    question: str


class Gateway:
    def __init__(self, provider: TracerProvider, service_url: str, *, seed: int) -> None:
        self._tracer = provider.get_tracer("gateway", "1.0")
        self._client = httpx2.Client(base_url=service_url, timeout=_TIMEOUT_S)
        # Its signature still says httpx alone.
        HTTPX2ClientInstrumentor.instrument_client(self._client, tracer_provider=provider)  # type: ignore[arg-type]
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._turns: dict[str, deque[Turn]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, visit: Visit) -> bool:
        """Answer a visit; whether it went well."""
        feature = visit.feature
        attributes = {
            "http.request.method": "POST",
            "http.route": f"/{feature.name}",
            "openinference.span.kind": "CHAIN",
            "spanglass.feature": feature.name,
            "spanglass.team": visit.user.team,
            "user.id": visit.user.id,
            "session.id": visit.session_id,
        }
        with (
            self._tracer.start_as_current_span(
                f"POST /{feature.name}", kind=SpanKind.SERVER, attributes=attributes
            ) as span,
            _carrying(visit),
        ):
            set_payload(span, "input", visit.question)
            answer = self._forward(visit)
            if answer is None:
                span.set_attribute("http.response.status_code", 502)
                span.set_status(Status(StatusCode.ERROR, "the answer could not be made"))
                return False
            span.set_attribute("http.response.status_code", 200)
            set_payload(span, "output", answer)
            set_ok(span)
            self._remember(visit, answer)
            self._hear(visit, answer)
            return True

    def _hear(self, visit: Visit, answer: str) -> None:
        """Some people press a thumb up or down; those who were told nothing new rather press the latter."""
        if self._chance.random() < _FEEDBACK_SHARE:
            is_liked = self._chance.random() < (
                _LIKED_SHARE if "[" in answer else _LIKED_SHARE_WITHOUT_SOURCE
            )
            comment = None if is_liked else self._chance.choice(_COMPLAINTS)
            spanglass.score("user_feedback", is_liked, comment=comment)

    def _forward(self, visit: Visit) -> str | None:
        feature = visit.feature
        with self._lock:
            earlier = list(self._turns.get(visit.session_id, ()))
        body = {
            "feature": feature.name,
            "question": visit.question,
            "model": feature.model,
            "is_streamed": feature.is_streamed,
            "earlier": earlier,
        }
        try:
            reply = self._client.post(f"/v1/{feature.route}", json=body)
        except httpx2.TransportError:
            return None
        return str(reply.json()["answer"]) if reply.status_code == 200 else None

    def _remember(self, visit: Visit, answer: str) -> None:
        """Conversations, for the features that have them."""
        if visit.feature.name != "support-chat":
            return
        with self._lock:
            if len(self._turns) >= _SESSIONS_MAX:
                del self._turns[next(iter(self._turns))]
            turns = self._turns.setdefault(visit.session_id, deque(maxlen=_TURNS_MAX))
            turns.append(Turn(visit.question, answer))


@contextmanager
def _carrying(visit: Visit) -> Iterator[None]:
    """Who asks, as W3C baggage for the services behind."""
    carried = {
        "spanglass.feature": visit.feature.name,
        "spanglass.team": visit.user.team,
        "spanglass.user_id": visit.user.id,
        "spanglass.session_id": visit.session_id,
    }
    context = get_current()
    for key, value in carried.items():
        context = set_baggage(key, value, context)
    token = attach(context)
    try:
        yield
    finally:
        detach(token)
