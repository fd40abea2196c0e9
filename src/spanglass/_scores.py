"""Scores: judgements of a trace, a span or a session, by hand or by functions that evaluate."""

import functools
import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from math import inf, isfinite
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, overload

from opentelemetry.trace import get_current_span

from spanglass import semconv
from spanglass._capture import capture_text
from spanglass._encode import masked_text
from spanglass._log import log_once
from spanglass._observe import observe
from spanglass._runtime import hint_at_init, slot
from spanglass._span import complain, current_trace_id
from spanglass._step import name_of

ScoreType: TypeAlias = Literal["numeric", "categorical", "boolean", "text", "correction"]
"""`correction`: the value is what the answer should have been."""
ScoreSource: TypeAlias = Literal["api", "evaluator", "person"]
F = TypeVar("F", bound=Callable[..., Any])

COMMENT_CHARS_MAX = 10_000
METADATA_CHARS_MAX = 10_000


class Score(NamedTuple):
    """What an evaluating function may return where a number is not enough."""

    value: float | bool | str
    comment: str | None = None
    name: str | None = None
    """The function's where None."""
    metadata: Mapping[str, object] | None = None
    quality: float | None = None
    """How good what was judged is: 0 to 1, 1 is best. None: as the value and its configuration say."""


def score(
    name: str,
    value: float | bool | str,
    *,
    trace_id: str | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
    comment: str | None = None,
    id: str | None = None,
    metadata: Mapping[str, object] | None = None,
    data_type: ScoreType | None = None,
    source: ScoreSource | None = None,
    author: str | None = None,
    config_id: str | None = None,
    queue_id: str | None = None,
    environment: str | None = None,
    quality: float | None = None,
    sampling_rate: float | None = None,
    evaluator_id: str | None = None,
    evaluator_version: int | None = None,
) -> str | None:
    """Scores the current trace, or what is named: a trace, a span of a trace, or a session.

    A number, a boolean or a text (a category); `data_type` says so where the value's own type does not. A
    score with the `id` of an earlier one replaces it. Returns the id; None where nothing is recorded. It is
    sent in the background: what it judges need not have arrived yet. Traces that are not sampled get no
    scores.

    `source` is `api`, `evaluator` or `person`, and `author` who of these judged. `config_id` names a score
    configuration, which the server then holds the score to. `quality` (0 to 1, 1 is best) says how good what
    was judged is where neither the value nor a configuration does. `sampling_rate` is the share of traces
    that were considered for judging. The environment is that of `init` unless given.
    """
    runtime = slot.runtime
    if runtime is None:
        hint_at_init()
        return None
    if trace_id is None and session_id is None:
        trace_id = current_trace_id()
        if trace_id is None:
            log_once(
                "score", "a score outside of any trace needs trace_id or session_id: %s is left out", name
            )
            return None
        if not get_current_span().get_span_context().trace_flags.sampled:
            return None
    try:
        plain = _plain_value(value)
        if plain is None:
            log_once("score value", "a score is a number, a boolean or a text: %s is left out", name)
            return None
        given = {
            "id": id or uuid.uuid4().hex,
            "name": str(name),
            "value": plain,
            "trace_id": trace_id,
            "span_id": span_id,
            "session_id": session_id,
            "comment": None if comment is None else masked(str(comment)[:COMMENT_CHARS_MAX], "score.comment"),
            "data_type": data_type,
            "metadata": None if metadata is None else _plain_metadata(metadata),
            "timestamp": _rfc3339(runtime.clock()),
            "environment": environment or runtime.settings.resource.get(semconv.ENVIRONMENT),
            "source": source,
            "author": author,
            "config_id": config_id,
            "queue_id": queue_id,
            "quality": quality,
            "sampling_rate": sampling_rate,
            "evaluator_id": evaluator_id,
            "evaluator_version": evaluator_version,
        }
        sent: dict[str, object] = {key: item for key, item in given.items() if item is not None}
        runtime.scores.send_score(sent)
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("a score was lost")
        return None
    return str(sent["id"])


def masked(text: str, key: str) -> str | None:
    runtime = slot.runtime
    mask = None if runtime is None else runtime.settings.mask
    return text if mask is None else masked_text(mask, text, key)


def _plain_value(value: object) -> float | bool | str | None:
    """Numbers of numpy, decimals and enumerations as Python's own; None of what can be no score."""
    if type(value) in (bool, int, str):
        return value  # type: ignore[return-value]
    if isinstance(value, Enum):
        return _plain_value(value.value)
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    if isinstance(value, str):
        return str.__str__(value)
    number = float(value) if hasattr(value, "__float__") else inf
    return number if isfinite(number) else None


def _plain_metadata(metadata: Mapping[str, object]) -> dict[str, object]:
    return {
        str(key): value
        if isinstance(value, bool | int | float)
        else masked(capture_text(value, METADATA_CHARS_MAX), f"score.metadata.{key}")
        for key, value in metadata.items()
    }


def _rfc3339(time_ns: int) -> str:
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


@overload
def evaluated(function: F, /) -> F: ...


@overload
def evaluated(
    name: str | None = None, /, *, comment: str | None = None, capture: bool | None = None
) -> Callable[[F], F]: ...


def evaluated(given: Any = None, /, *, comment: str | None = None, capture: bool | None = None) -> Any:
    """Makes a score of what a function returns, named like the function or as given.

        @spanglass.evaluated("groundedness")
        def groundedness(answer: str, documents: list[str]) -> float: ...

    Each call is a span of kind `evaluator`, and its result a score of the current trace: a number, a boolean,
    a text, a `Score`, `(value, comment)`, a dictionary with `value` or `score` (and `comment` or `reason`,
    `name`, `metadata`), or a list of these; None is no score. The result is returned unchanged. An argument
    named `trace_id`, `span_id` or `session_id` says what is judged instead, so that finished traces can be
    evaluated. An evaluator that raises gives no score.
    """
    if callable(given) or isinstance(given, classmethod):
        return _evaluated(given, None, comment, capture)
    return lambda function: _evaluated(function, given, comment, capture)


def _evaluated(function: Any, name: str | None, comment: str | None, capture: bool | None) -> Any:
    if isinstance(function, classmethod | staticmethod):
        return type(function)(_evaluated(function.__func__, name, comment, capture))
    named = name or name_of(function)
    recorded = observe(name=name, kind="evaluator", capture=capture)(function)
    read_target = _target_reader(function)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def evaluating(*args: Any, **kwargs: Any) -> Any:
            result = await recorded(*args, **kwargs)
            _score_all(named, comment, result, read_target(args, kwargs))
            return result

        return evaluating

    @functools.wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        result = recorded(*args, **kwargs)
        _score_all(named, comment, result, read_target(args, kwargs))
        return result

    return evaluate


_TARGETS = ("trace_id", "span_id", "session_id")


def _target_reader(function: Any) -> Callable[[tuple[Any, ...], dict[str, Any]], dict[str, str]]:
    """Reads from a call's arguments what it judges."""
    try:
        names = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = ()

    def read(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str]:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        return {key: str(given[key]) for key in _TARGETS if given.get(key) is not None}

    return read


def _score_all(name: str, comment: str | None, result: object, target: Mapping[str, str]) -> None:
    try:
        for told in read_scores(result):
            score(
                told.name or name,
                told.value,
                comment=told.comment or comment,
                metadata=told.metadata,
                quality=told.quality,
                **target,  # type: ignore[arg-type]
            )
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain(f"the result of {name} could not be read as a score")


def read_scores(result: object) -> Iterator[Score]:
    """The scores that an evaluating function's result holds."""
    if result is None:
        return
    if isinstance(result, Score):
        yield result
    elif isinstance(result, Mapping):
        value = result.get("value", result.get("score"))
        if value is not None:
            comment = result.get("comment", result.get("reason"))
            yield Score(
                value, None if comment is None else str(comment), result.get("name"), result.get("metadata")
            )
    elif isinstance(result, tuple) and len(result) == 2 and not isinstance(result[0], Score):
        yield Score(result[0], None if result[1] is None else str(result[1]))
    elif isinstance(result, list | tuple):
        for item in result:
            yield from read_scores(item)
    else:
        yield Score(result)  # type: ignore[arg-type]
