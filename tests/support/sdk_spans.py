"""What the server makes of spans that the SDK recorded: encoded, decoded and normalized as on their way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from spanglass._encode import encode_resource, encode_scope, encode_span, frame
from spanglass.testing import Capture, capture
from spanglass_server.model.span import Span
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.wire.otlp import decode_traces

PRICES = PriceBook()


class Recorder:
    """The spans that ended, as the server understands them."""

    def __init__(self) -> None:
        self._ended: list[ReadableSpan] = []

    def spans(self) -> dict[str, Span]:
        """By name."""
        body = frame(
            (
                (encode_resource(span.resource, {}), b"", encode_scope(span.instrumentation_scope), b""),
                encode_span(span),
            )
            for span in self._ended
        )
        rows = normalize_spans(decode_traces(body).records, project_id="p", prices=PRICES, version=1)
        return {row.name: row for row in rows}

    def take(self, span: ReadableSpan) -> None:
        self._ended.append(span)


@contextmanager
def recorded(**options: Any) -> Iterator[Recorder]:
    """Records what ends within the block."""
    recorder = Recorder()
    with capture(**options) as kept:
        keep = kept.send_span

        def send_span(span: ReadableSpan) -> None:
            recorder.take(span)
            keep(span)

        kept.send_span = send_span  # type: ignore[method-assign]
        yield recorder


__all__ = ["Capture", "Recorder", "recorded"]
