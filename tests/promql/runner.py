"""Evaluates a script's blocks against the engine and judges each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.promql import compare
from tests.promql.notation import NativeHistogram
from tests.promql.script import Broken, Clear, Eval, Load, Times, read
from tests.promql.storage import Storage

from spanglass_server.base.errors import SpanglassError
from spanglass_server.promql.errors import Unsupported
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import Plan, make_plan
from spanglass_server.promql.result import Result

SAMPLES_MAX: Final = 50_000_000
_MINUTE_MS: Final = 60_000
_OF_THE_QUERY: Final = re.compile(r"\b(?:start|end|step|range)\s*\(\s*\)")
"""What depends on the query's own times, not on the evaluation's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    state: Literal["passed", "failed", "unsupported"]
    line: int
    text: str
    said: str = ""


def run_file(path: Path) -> Iterator[Outcome]:
    """An outcome for each eval block, and for each line that is not of the language."""
    yield from run_text(path.read_text(encoding="utf-8"))


def run_text(script: str) -> Iterator[Outcome]:
    storage = Storage()
    for command in read(script):
        if isinstance(command, Load):
            storage.load(command)
        elif isinstance(command, Clear):
            storage.clear()
        elif isinstance(command, Broken):
            yield Outcome("failed", command.line, command.error, "not of the language")
        else:
            yield _judged(command, storage)


def _judged(block: Eval, storage: Storage) -> Outcome:
    try:
        wrong = _direct(block, storage) or _instant_as_range(block, storage)
    except Unsupported as error:
        return Outcome("unsupported", block.line, block.text, error.message)
    except Exception as error:  # noqa: BLE001 - a crash is this block's failure, the others are still judged
        return Outcome("failed", block.line, block.text, f"crashed: {error!r}")
    if wrong is None:
        return Outcome("passed", block.line, block.text)
    if needed := _experimental(block, storage):
        return Outcome("unsupported", block.line, block.text, needed)
    return Outcome("failed", block.line, block.text, wrong)


def _direct(block: Eval, storage: Storage) -> str | None:
    failure = block.expected("fail")
    try:
        found = _evaluated(block.text, block.times, storage)
    except Unsupported:
        raise
    except SpanglassError as error:
        if not failure:
            return f"failed: {error.message}"
        return compare.messages("failure", failure, unexpected=False, said=[error.message])
    if failure:
        return f"expected to fail, got {found}"
    return (
        compare.messages("warning", block.expected("warn"), bool(block.expected("no_warn")), found.warnings)
        or compare.messages("info", block.expected("info"), bool(block.expected("no_info")), found.infos)
        or compare.result(block, found)
    )


def _instant_as_range(block: Eval, storage: Storage) -> str | None:
    """An instant query gives what a range query gives at that step."""
    is_vector = block.string is None and block.vector_times is None
    if block.is_range or block.is_ordered or block.expected("fail") or not is_vector:
        return None
    if _OF_THE_QUERY.search(block.text):
        return None
    at_ms = block.times.start_ms
    times = Times(at_ms - _MINUTE_MS, at_ms + _MINUTE_MS, _MINUTE_MS)
    try:
        found = _evaluated(block.text, times, storage)
    except SpanglassError as error:
        return f"as a range query, failed: {error.message}"
    wrong = compare.instant(block, at_ms, found)
    return f"as a range query, {wrong}" if wrong else None


def _plan(text: str, times: Times) -> Plan:
    return make_plan(parse(text), start_ms=times.start_ms, end_ms=times.end_ms, step_ms=times.step_ms)


def _evaluated(text: str, times: Times, storage: Storage) -> Result:
    plan = _plan(text, times)
    data = [storage.select(selection) for selection in plan.selections]
    return evaluate(plan, data, samples_max=SAMPLES_MAX)


def _experimental(block: Eval, storage: Storage) -> str | None:
    """What the block reads or expects that is experimental in Prometheus."""
    if any(isinstance(value, NativeHistogram) for _, values in block.series for value in values):
        return "native histograms"
    try:
        plan = _plan(block.text, block.times)
    except SpanglassError:
        return None
    needed = (storage.experimental(selection) for selection in plan.selections)
    return next((what for what in needed if what), None)
