"""The recordings of tests/corpus, and what our rules make of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from spanglass_server.model.span import Span
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.settle import facts_of, settle
from spanglass_server.wire.otlp import decode_traces
from spanglass_server.wire.records import SpanRecord

CORPUS = Path(__file__).parent.parent / "corpus"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in CORPUS.glob("*.expected.json"))
PRICES = PriceBook()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A recording as we understand it."""

    spans: dict[str, Span]
    verdicts: dict[str, Verdict]

    @property
    def billable(self) -> list[Span]:
        return [span for span_id, span in self.spans.items() if self.verdicts[span_id].is_billable]


@cache
def expectation(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CORPUS / f"{name}.expected.json").read_text())
    return loaded


@cache
def records(name: str) -> tuple[SpanRecord, ...]:
    decoded = decode_traces((CORPUS / f"{name}.pb").read_bytes())
    assert not decoded.rejections
    return tuple(decoded.records)


def read(given: Sequence[SpanRecord]) -> Reading:
    spans = normalize_spans(given, project_id="p", prices=PRICES, version=1)
    traces: dict[str, list[SpanFacts]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(facts_of(span))
    verdicts = {verdict.span_id: verdict for verdict in settle(traces)}
    return Reading(spans={span.span_id: span for span in spans}, verdicts=verdicts)
