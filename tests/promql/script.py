"""The scripts' commands: load, clear, eval. Source: Prometheus' promql/promqltest/README.md."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.promql.notation import ScriptError, Value, parse_labels, parse_number, parse_series, parse_time_ms

from spanglass_server.model.series import Labels
from spanglass_server.promql.quoting import unquote

Kind = Literal["fail", "warn", "no_warn", "info", "no_info"]

_LOAD: Final = re.compile(r"load(?P<native>_with_nhcb)?\s+(?P<step>\S+)$")
_START_TIMES: Final = re.compile(r"@st(?:\s|$)")
_INSTANT: Final = re.compile(
    r"eval(?:_(?P<kind>fail|warn|info|ordered))?\s+instant\s+(?:at\s+(?P<at>\S+)\s+)?(?P<text>.+)$"
)
_RANGE: Final = re.compile(
    r"eval(?:_(?P<kind>fail|warn|info))?\s+range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+)\s+(?P<text>.+)$"
)
_EXPECT: Final = re.compile(
    r"expect\s+(?P<kind>fail|warn|no_warn|info|no_info)(?:\s+(?P<how>msg|regex):\s*(?P<text>.*))?$"
)
_EXPECT_VECTOR: Final = re.compile(
    r"expect\s+range\s+vector\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+)$"
)
_EXPECT_STRING: Final = re.compile(r"expect\s+string\s+(?P<text>.+)$")
_OLD_FAILURE: Final = re.compile(r"expected_fail_(?P<how>message|regexp)\s+(?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Message:
    """What an annotation or error has to be: the text itself, a regular expression in it, or anything."""

    text: str = ""
    how: Literal["any", "msg", "regex"] = "any"

    def fits(self, said: str) -> bool:
        if self.how == "regex":
            return re.search(self.text.strip('"'), said) is not None
        return self.how == "any" or said in (self.text, self.text.strip('"'))


@dataclass(frozen=True, slots=True)
class Times:
    start_ms: int
    end_ms: int
    step_ms: int


@dataclass(slots=True)
class Load:
    line: int
    step_ms: int
    has_native_twins: bool
    series: dict[Labels, list[Value]] = field(default_factory=dict)
    """Of a metric written twice the last one counts."""
    with_starts: set[Labels] = field(default_factory=set)
    """The series to which start timestamps are given (`x@st -1mx5`)."""


@dataclass(slots=True)
class Clear:
    line: int


@dataclass(slots=True)
class Eval:
    line: int
    text: str
    times: Times
    is_range: bool
    messages: list[tuple[Kind, Message]] = field(default_factory=list)
    is_ordered: bool = False
    string: str | None = None
    scalar: float | None = None
    vector_times: Times | None = None
    """Where an instant query gives a range vector: the times of its points."""
    series: list[tuple[Labels, Sequence[Value]]] = field(default_factory=list)

    def expected(self, kind: Kind) -> list[Message]:
        return [message for one, message in self.messages if one == kind]


@dataclass(slots=True)
class Broken:
    """A line that could not be read."""

    line: int
    error: str


Command = Load | Clear | Eval | Broken


def read(text: str) -> Iterator[Command]:
    """A block ends with an empty line or where the next one begins."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    block: list[tuple[int, str]] = []
    for number, line in [*lines, (0, "")]:
        if not line or _begins(line):
            yield from _command(block)
            block = []
        if line and not line.startswith("#"):
            block.append((number, line))


def _begins(line: str) -> bool:
    return re.match(r"(load(_\w+)?\s|eval(_\w+)?\s|clear$)", line) is not None


def _command(block: Sequence[tuple[int, str]]) -> Iterator[Command]:
    if not block:
        return
    (number, head), body = block[0], block[1:]
    try:
        yield _read(number, head, body)
    except (ScriptError, ValueError) as error:
        yield Broken(number, f"{head}: {error}")


def _read(number: int, head: str, body: Sequence[tuple[int, str]]) -> Command:
    if head == "clear":
        if body:
            raise ScriptError(f"unknown command {body[0][1]!r}")
        return Clear(number)
    if found := _LOAD.match(head):
        load = Load(number, parse_time_ms(found["step"]), found["native"] is not None)
        for _, line in body:
            if _START_TIMES.search(line):
                load.with_starts.add(parse_labels(_START_TIMES.split(line)[0]))
            else:
                load.series.update([parse_series(line)])
        return load
    if found := _RANGE.match(head):
        times = Times(*(parse_time_ms(found[name]) for name in ("start", "end", "step")))
        return _evaluation(Eval(number, found["text"], times, is_range=True), found["kind"], body)
    if found := _INSTANT.match(head):
        at_ms = parse_time_ms(found["at"] or "0")
        times = Times(at_ms, at_ms, 0)
        return _evaluation(Eval(number, found["text"], times, is_range=False), found["kind"], body)
    raise ScriptError("unknown command")


def _evaluation(block: Eval, kind: str | None, body: Sequence[tuple[int, str]]) -> Eval:
    if kind == "ordered":
        block.is_ordered = True
    elif kind in ("fail", "warn", "info"):
        block.messages.append((kind, Message()))
    for _, line in body:
        if not (_read_expectation(block, line) or _read_old_failure(block, line)):
            _read_points(block, line)
    return block


def _read_expectation(block: Eval, line: str) -> bool:
    if not re.match(r"expect\s", line):
        return False
    if re.match(r"expect\s+ordered$", line):
        block.is_ordered = True
    elif found := _EXPECT.match(line):
        how: Literal["any", "msg", "regex"] = found["how"] or "any"  # type: ignore[assignment]
        block.messages.append((found["kind"], Message((found["text"] or "").strip(), how)))  # type: ignore[arg-type]
    elif found := _EXPECT_VECTOR.match(line):
        block.vector_times = Times(*(parse_time_ms(found[name]) for name in ("start", "end", "step")))
    elif found := _EXPECT_STRING.match(line):
        block.string = unquote(found["text"].strip())
    else:
        raise ScriptError(f"unknown expectation {line!r}")
    return True


def _read_old_failure(block: Eval, line: str) -> bool:
    found = _OLD_FAILURE.match(line)
    if found is None:
        return False
    how: Literal["msg", "regex"] = "msg" if found["how"] == "message" else "regex"
    block.messages.append(("fail", Message(found["text"].strip(), how)))
    return True


def _read_points(block: Eval, line: str) -> None:
    try:
        block.scalar = parse_number(line)
    except ValueError:
        block.series.append(parse_series(line))
