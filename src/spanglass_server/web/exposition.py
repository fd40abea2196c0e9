"""`/metrics`: the project's `llm_*` metrics and the server's own, for a Prometheus to scrape.

Text format 0.0.4, or OpenMetrics 1.0 where the Accept header asks for it; only that carries exemplars.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import exposition as text_format
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as ShownExemplar
from prometheus_client.samples import Sample

from spanglass_server.base.errors import SpanglassError
from spanglass_server.metrics.own import own_values
from spanglass_server.model.series import (
    METRIC_NAME,
    Exemplar,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
    is_stale,
)
from spanglass_server.promql.plan import LOOKBACK_MS
from spanglass_server.store.directory import DEFAULT_PROJECT, Project
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesReader
from spanglass_server.web.asgi import Receive, Scope, Send, header, respond
from spanglass_server.web.auth import authenticate_headers, require_permission
from spanglass_server.web.errors import status_of
from spanglass_server.web.services import Services

METRICS_PATH: Final = "/metrics"

_FRESH_S: Final = 1.0
"""An exposition is given out again for so long: several scrapers, or one that hammers, cost one reading."""
_KEPT_MAX: Final = 32
"""Expositions in memory."""
_EXEMPLARS_MAX: Final = 2_000
_EXEMPLAR_REACH_NS: Final = 600 * 1_000_000_000
_EXEMPLAR_CHARS_MAX: Final = 128
"""Of an exemplar's label names and values together: OpenMetrics 1.0."""
_METADATA_MAX: Final = 100_000
"""Of all of the project's metrics, among which those that are shown are found."""
_SUFFIXES: Final = ("_bucket", "_count", "_sum")
_OWN: Final = (Matcher(METRIC_NAME, "=~", "llm_.+"),)
_BUCKETS: Final = (Matcher(METRIC_NAME, "=~", "llm_.+_bucket"),)

_TEXT: Final = text_format.CONTENT_TYPE_PLAIN_0_0_4
_OPENMETRICS: Final = openmetrics.CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    body: bytes
    made_at_s: float


class Exposition:
    """An ASGI application for METRICS_PATH."""

    def __init__(
        self, services: Services, *, more_counters: Callable[[], Mapping[str, int]] = lambda: {}
    ) -> None:
        """`more_counters`: of the server's own metrics, beside those of the ingest."""
        self._services = services
        self._more_counters = more_counters
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"", b"text/plain", [(b"allow", b"GET, HEAD")])
            return
        content_type = _OPENMETRICS if _wants_openmetrics(header(scope, b"accept")) else _TEXT
        try:
            body = await asyncio.to_thread(self._expose, scope["headers"], content_type)
        except SpanglassError as error:
            status = status_of(error)[0]
            extra = [(b"www-authenticate", b'Basic realm="spanglass"')] if status == 401 else []
            text = f"{error.message}\n" + (f"hint: {error.hint}\n" if error.hint else "")
            await respond(send, status, text.encode(), b"text/plain; charset=utf-8", extra)
            return
        await respond(send, 200, body, content_type.encode())

    def _expose(self, headers: Iterable[tuple[bytes, bytes]], content_type: str) -> bytes:
        caller = require_permission(authenticate_headers(headers, self._services), "read")
        key = (caller.project.id, content_type)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept.made_at_s > _FRESH_S:
                if len(self._kept) >= _KEPT_MAX:
                    self._kept.clear()
                kept = _Kept(body=self._make(caller.project, content_type), made_at_s=time.monotonic())
                self._kept[key] = kept
        return kept.body

    def _make(self, project: Project, content_type: str) -> bytes:
        is_openmetrics = content_type == _OPENMETRICS
        families = read_families(
            self._services.series,
            project.id,
            now_ms=self._services.now_ns() // 1_000_000,
            with_exemplars=is_openmetrics,
        )
        # Of all projects together: not for the key of one of them.
        if project.name == DEFAULT_PROJECT:
            families += own_families({**self._services.ingest.counters(), **self._more_counters()})
        generate = openmetrics.generate_latest if is_openmetrics else text_format.generate_latest
        return generate(_Collected(families))


class _Collected(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def read_families(
    reader: SeriesReader, project_id: str, *, now_ms: int, with_exemplars: bool
) -> list[Metric]:
    """The project's `llm_*` metrics now, by name."""
    described = {
        found.name: found for found in reader.list_metadata(project_id, metric="", limit=_METADATA_MAX)
    }
    selection = SeriesSelection(_OWN, now_ms - LOOKBACK_MS, now_ms)
    exemplars = _newest_exemplars(reader, project_id, now_ms) if with_exemplars else {}
    samples: dict[str, list[Sample]] = {}
    for series in sorted(reader.select(project_id, selection), key=_order):
        if is_stale(series.values[-1:])[0]:
            continue
        sample = _sample(series, exemplars.get(series.labels))
        samples.setdefault(_family_of(sample.name, described), []).append(sample)
    return [_family(_describe(name, described), found) for name, found in sorted(samples.items())]


def own_families(counters: Mapping[str, int]) -> list[Metric]:
    """The server's own metrics."""
    return [
        _family(
            MetricMetadata(metric.name, metric.type, metric.help, metric.unit),
            [Sample(metric.name, {}, value)],
        )
        for metric, value in own_values(counters)
    ]


def _newest_exemplars(reader: SeriesReader, project_id: str, now_ms: int) -> Mapping[Labels, Exemplar]:
    now_ns = now_ms * 1_000_000
    found = reader.list_exemplars(
        project_id,
        TimeRange(now_ns - _EXEMPLAR_REACH_NS, now_ns + 1),
        [_BUCKETS],
        limit=_EXEMPLARS_MAX,
    )
    return {series.labels: series.exemplars[-1] for series in found if series.exemplars}


def _order(series: Series) -> tuple[Labels, str, float]:
    """The samples of one label set together, a histogram's buckets by their bound."""
    labels = dict(series.labels)
    name, bound = labels.pop(METRIC_NAME), float(labels.pop("le", "inf"))
    return tuple(labels.items()), name, bound


def _sample(series: Series, exemplar: Exemplar | None) -> Sample:
    labels = dict(series.labels)
    name = labels.pop(METRIC_NAME)
    return Sample(name, labels, float(series.values[-1]), None, _shown(exemplar))


def _shown(exemplar: Exemplar | None) -> ShownExemplar | None:
    if (
        exemplar is None
        or sum(len(name) + len(value) for name, value in exemplar.labels) > _EXEMPLAR_CHARS_MAX
    ):
        return None
    return ShownExemplar(dict(exemplar.labels), exemplar.value, exemplar.time_ms / 1_000)


def _family_of(name: str, described: Mapping[str, MetricMetadata]) -> str:
    if name in described:
        return name
    for suffix in _SUFFIXES:
        if name.removesuffix(suffix) in described:
            return name.removesuffix(suffix)
    return name


def _describe(name: str, described: Mapping[str, MetricMetadata]) -> MetricMetadata:
    return described.get(name) or MetricMetadata(name, "unknown", "", "")


def _family(metadata: MetricMetadata, samples: Sequence[Sample]) -> Metric:
    # Both formats put `_total` back where it belongs.
    name = metadata.name.removesuffix("_total") if metadata.type == "counter" else metadata.name
    unit = metadata.unit if metadata.unit and name.endswith(f"_{metadata.unit}") else ""
    family = Metric(name, metadata.help, metadata.type, unit)
    family.samples = list(samples)
    return family


def _wants_openmetrics(accept: str) -> bool:
    """Prometheus names both and weighs OpenMetrics more; a browser and curl name neither."""
    return any(
        part.partition(";")[0].strip().lower() == "application/openmetrics-text" for part in accept.split(",")
    )
