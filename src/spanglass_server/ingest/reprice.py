"""Computes history's cost anew, after prices were put right.

A batch at a time, between two commits of the ingest, so that a row is never written over one that was revised
meanwhile. Safe to stop and to run again: what is priced right already is left alone, and what a run had
written before it stopped stays.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from spanglass_server.ingest.pipeline import IngestPipeline
from spanglass_server.model.price import Priced, RepriceSummary
from spanglass_server.model.span import Span
from spanglass_server.normalize.cost import is_changed, merge_summaries, reprice, summarize_reprice
from spanglass_server.normalize.prices import Prices
from spanglass_server.query.ast import Expression
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.ports import SpanReader, TimeRange

# Whatever may carry a price: spans that tell of tokens, and kinds that may be sold by the request.
_PRICEABLE: Final = "has:total_tokens or kind:(llm or embedding or reranker)"


class Repricer:
    """Safe from any thread; two runs at once do each other's work twice, and no harm."""

    def __init__(
        self, reader: SpanReader, pipeline: IngestPipeline, *, load_prices: Callable[[], Prices]
    ) -> None:
        """`load_prices` reads the price file as it is now and raises Misconfigured for its mistakes."""
        self._reader = reader
        self._pipeline = pipeline
        self._load_prices = load_prices

    def run(self, project_id: str, during: TimeRange, *, is_dry_run: bool) -> Iterator[RepriceSummary]:
        """What has changed so far, after each batch and at least once; the last is the whole. A dry run
        writes nothing. A real one also makes the ingest use the prices."""
        prices = self._load_prices()
        if not is_dry_run:
            self._pipeline.use_prices(prices)
        book = prices.of_project(project_id)
        total = summarize_reprice(())
        batches = self._reader.iter_spans(project_id, during, _priceable())
        done = False
        while not done:
            pairs: list[tuple[Span, Priced]] = []

            # Bound as defaults: the pipeline calls it within this turn.
            def make(version: int, pairs: list[tuple[Span, Priced]] = pairs) -> Sequence[Span]:
                pairs.extend((span, reprice(span, book)) for span in next(batches, ()))
                return [
                    _repriced(span, priced, version) for span, priced in pairs if is_changed(span, priced)
                ]

            if is_dry_run:
                make(0)
            else:
                self._pipeline.rewrite(make)
            done = not pairs
            total = merge_summaries(total, summarize_reprice(pairs))
            yield total


def _priceable() -> Expression:
    expression = parse_filter(_PRICEABLE, "spans")
    assert expression is not None
    return expression


def _repriced(span: Span, priced: Priced, version: int) -> Span:
    return span._replace(
        cost_usd=priced.cost_usd,
        cost_details=priced.details,
        cost_source=priced.source,
        price_version=priced.price_version,
        version=version,
    )
