"""A past for the application: recordings of it, told again at other times.

The application really runs, request by request, under a clock on which waiting takes no time; each recording
is stretched to the time it would have taken. A recording is then told several times: with ids of its own, at
another moment, by another person, a little faster or slower, and through the SDK's own OTLP exporter.
"""

import random
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.util.types import AttributeValue

import spanglass
from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import World
from spanglass_examples.rag_service.application import Application
from spanglass_examples.rag_service.features import FEATURES, User
from spanglass_examples.rag_service.gateway import Visit
from spanglass_examples.rag_service.incidents import INCIDENTS, NORMAL, Incident, in_history
from spanglass_examples.rag_service.spoken import Line, Listener, retell_lines
from spanglass_examples.rag_service.telemetry import ENVIRONMENT, RELEASES, SERVICE
from spanglass_examples.rag_service.traffic import choose_user, choose_visit, session_of, spread_arrivals

_NORMAL_RECORDINGS: Final = 220
_INCIDENT_RECORDINGS: Final = 24
_PAUSE_S: Final = 6.0
"""Between two recorded requests, so that caches grow old as they would."""
_RELEASE_AGE_S: Final = 6.5 * 3600
"""How long ago the newer release went out."""
_GIVEN_ID: Final = re.compile(r"(?:msg_|chatcmpl-|toolu_|call_|req_)[0-9a-f]{24}")
_FIRST_CHUNK_S: Final = "gen_ai.response.time_to_first_chunk"


Score = dict[str, Any]
"""As `POST /api/v1/scores` takes it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The spans of one request, in real order, times as the application would have had them."""

    spans: tuple[ReadableSpan, ...]
    start_ns: int
    given_ids: frozenset[str]
    """Ids that the providers gave: one call's id must not come twice."""
    lines: tuple[tuple[Line, int], ...] = ()
    """What was logged, each with its time as it would have been."""
    scores: tuple[Score, ...] = ()


class Told(NamedTuple):
    """Who a recording is told about, and when."""

    start_ns: int
    user: User
    session_id: str
    release: str
    pace: float
    """How much longer everything took."""


class Retelling(NamedTuple):
    """A recording as it is sent."""

    spans: Sequence[ReadableSpan]
    logs: Sequence[ReadableLogRecord]
    scores: Sequence[Score]


Library = Mapping[str, Sequence[Recording]]
"""Recordings by incident; "" is the normal day."""


def record(application: Application, world: World, clock: SkippingClock, *, seed: int) -> Library:
    """Run the application under each of the conditions. Takes about 10 ms a request."""
    chance = random.Random(seed)
    # A client's first call is slow: it imports what it needs. Nobody waited for that in the past.
    for feature in FEATURES:
        user = choose_user(chance)
        application.gateway.ask(Visit(user, session_of(user, clock.now_s()), feature, feature.questions[0]))
    library = {"": _record_some(application, clock, _NORMAL_RECORDINGS, chance)}
    for incident in INCIDENTS:
        world.conditions = incident.conditions
        library[incident.name] = _record_some(application, clock, _INCIDENT_RECORDINGS, chance)
    world.conditions = NORMAL
    return library


def tell(
    library: Library, *, count: int, from_s: float, to_s: float, started_s: float, seed: int
) -> Iterator[Retelling]:
    """`count` requests between two moments, one at a time, in order of time."""
    chance = random.Random(seed + 1)
    for moment in spread_arrivals(count, from_s=from_s, to_s=to_s, chance=chance):
        incident: Incident | None = in_history(moment, started_s=started_s)
        recording = chance.choice(library[incident.name if incident else ""])
        user = choose_user(chance)
        told = Told(
            start_ns=int(moment * 1e9),
            user=user,
            session_id=session_of(user, moment),
            release=RELEASES[moment > started_s - _RELEASE_AGE_S],
            pace=chance.lognormvariate(0.0, 0.2),
        )
        yield retell(recording, told)


def retell(recording: Recording, told: Told) -> Retelling:
    trace_id = secrets.randbits(128) or 1
    span_ids = {span.context.span_id: secrets.randbits(64) or 1 for span in recording.spans if span.context}
    fresh_ids = {old: old[:-24] + secrets.token_hex(12) for old in recording.given_ids}

    def at(time_ns: int | None) -> int:
        return told.start_ns + int(((time_ns or recording.start_ns) - recording.start_ns) * told.pace)

    def context_of(span_id: int) -> SpanContext:
        return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    spans = {
        span.context.span_id: ReadableSpan(
            name=span.name,
            context=context_of(span_ids[span.context.span_id]),
            parent=context_of(span_ids[span.parent.span_id]) if span.parent else None,
            resource=_released(span.resource, told.release),
            attributes=_retold_attributes(span.attributes or {}, told, fresh_ids),
            events=[Event(event.name, event.attributes, at(event.timestamp)) for event in span.events],
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=at(span.start_time),
            end_time=at(span.end_time),
            instrumentation_scope=span.instrumentation_scope,
        )
        for span in recording.spans
        if span.context
    }
    lines = [(line, at(time_ns)) for line, time_ns in recording.lines]
    end_s = max(span.end_time or 0 for span in spans.values()) / 1e9
    return Retelling(
        list(spans.values()),
        retell_lines(lines, spans, _resource_of(spans.values())),
        [_retold_score(score, trace_id, span_ids, end_s) for score in recording.scores],
    )


def _resource_of(spans: Iterable[ReadableSpan]) -> Resource:
    """The RAG service's, whose lines these are."""
    return next(
        (span.resource for span in spans if span.resource.attributes["service.name"] == SERVICE),
        Resource.get_empty(),
    )


def _retold_score(score: Score, trace_id: int, span_ids: Mapping[int, int], time_s: float) -> Score:
    told = score | {
        "id": secrets.token_hex(16),
        "trace_id": f"{trace_id:032x}",
        "timestamp": datetime.fromtimestamp(time_s, UTC).isoformat(),
        "environment": ENVIRONMENT,
    }
    if "span_id" in score:
        told["span_id"] = f"{span_ids[int(score['span_id'], 16)]:016x}"
    return told


def _record_some(
    application: Application, clock: SkippingClock, count: int, chance: random.Random
) -> Sequence[Recording]:
    recordings = []
    for _ in range(count):
        recordings.append(record_one(application, clock, choose_visit(clock.now_s(), chance)))
        clock.sleep(_PAUSE_S)
    return recordings


def record_one(application: Application, clock: SkippingClock, visit: Visit) -> Recording:
    spans: list[ReadableSpan] = []
    application.outlet.take = spans.append
    application.recorded.clear()
    with Listener() as listener:
        application.gateway.ask(visit)
        spanglass.flush()  # The lines of its calls come from a thread of their own.
    return _to_recording(spans, clock.stretch, listener.lines, application.recorded.scores)


def _to_recording(
    spans: Sequence[ReadableSpan],
    stretch: Callable[[int], int],
    lines: Sequence[Line] = (),
    scores: Sequence[Score] = (),
) -> Recording:
    stretched = tuple(_stretched(span, stretch) for span in spans)
    texts = (str(value) for span in spans for value in (span.attributes or {}).values())
    return Recording(
        stretched,
        min(span.start_time or 0 for span in stretched),
        frozenset(given for text in texts for given in _GIVEN_ID.findall(text)),
        tuple((line, stretch(line.time_ns)) for line in lines),
        tuple(scores),
    )


def _stretched(span: ReadableSpan, stretch: Callable[[int], int]) -> ReadableSpan:
    start_ns = span.start_time or 0
    attributes = dict(span.attributes or {})
    waited = attributes.get(_FIRST_CHUNK_S)
    if isinstance(waited, float):
        attributes[_FIRST_CHUNK_S] = (stretch(start_ns + int(waited * 1e9)) - stretch(start_ns)) / 1e9
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=[Event(event.name, event.attributes, stretch(event.timestamp)) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=stretch(start_ns),
        end_time=stretch(span.end_time or start_ns),
        instrumentation_scope=span.instrumentation_scope,
    )


def _retold_attributes(
    attributes: Mapping[str, AttributeValue], told: Told, fresh_ids: Mapping[str, str]
) -> Mapping[str, AttributeValue]:
    retold = {
        key: _with_fresh_ids(value, fresh_ids) if isinstance(value, str) else value
        for key, value in attributes.items()
    }
    person = {
        "user.id": told.user.id,
        "session.id": told.session_id,
        "spanglass.team": told.user.team,
        "spanglass.user_id": told.user.id,
        "spanglass.session_id": told.session_id,
    }
    retold |= {key: value for key, value in person.items() if key in retold}
    waited = retold.get(_FIRST_CHUNK_S)
    if isinstance(waited, float):
        retold[_FIRST_CHUNK_S] = waited * told.pace
    return retold


def _with_fresh_ids(text: str, fresh_ids: Mapping[str, str]) -> str:
    if "_" in text or "chatcmpl-" in text:
        for old, fresh in fresh_ids.items():
            text = text.replace(old, fresh)
    return text


_resources: dict[tuple[Resource, str], Resource] = {}


def _released(resource: Resource, release: str) -> Resource:
    """One object for each service and release: the exporter groups spans by it."""
    key = (resource, release)
    if key not in _resources:
        _resources[key] = resource.merge(Resource({"service.version": release}))
    return _resources[key]
