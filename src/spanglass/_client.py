"""`init`, `flush`, `shutdown`: puts the pieces together and holds the one client of the process.

Optional pieces (`instrument`, `prometheus`, `log_calls`, `logs`) are imported only where they are asked for.
"""

import atexit
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from spanglass import _log, _settings
from spanglass._log import log_once, logger
from spanglass._runtime import Runtime, slot
from spanglass._settings import Settings
from spanglass._sigterm import send_before_sigterm
from spanglass.semconv import SCOPE

if TYPE_CHECKING:
    from logging import Logger

    from opentelemetry.sdk.trace import TracerProvider
    from prometheus_client import CollectorRegistry

    from spanglass._export import Exporter, SpanglassProcessor

FLUSH_S = 10.0
EXIT_S = 5.0
"""How long the end of the process waits for what is queued."""

ATTRIBUTES_PER_SPAN_MAX = 4_000
EVENTS_PER_SPAN_MAX = 1_000
"""Instrumentations put every message of a chat into attributes of its own: OpenTelemetry's default of 128
would push out the first ones, the model's name among them. The server's limits."""


class Extra(Protocol):
    """Something beside the export that ends with the client. Neither method raises or takes longer."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool: ...

    def shutdown(self, timeout_millis: int = 5_000) -> None: ...


class Client:
    """What `init` put together."""

    def __init__(self, settings: Settings, provider: "TracerProvider", exporter: "Exporter") -> None:
        self.settings = settings
        self.provider = provider
        self.exporter = exporter
        self.extras: list[Extra] = []
        """What was asked for beside the export."""

    def flush(self, timeout_s: float) -> bool:
        end = monotonic() + timeout_s
        flushed = [extra.force_flush(_left_ms(end)) is not False for extra in self.extras]
        return self.exporter.flush(_left_ms(end) / 1000) and all(flushed)

    def close(self, timeout_s: float) -> None:
        end = monotonic() + timeout_s
        for extra in self.extras:
            extra.shutdown(_left_ms(end) // 2)  # The rest is for what is sent last.
        self.exporter.close(_left_ms(end) / 1000)


def _left_ms(end: float) -> int:
    return max(1, int((end - monotonic()) * 1000))


_client: Client | None = None
_given: dict[str, object] = {}
_lock = threading.RLock()
_processors: "weakref.WeakKeyDictionary[object, SpanglassProcessor]" = weakref.WeakKeyDictionary()
_is_exit_registered = False


def current_client() -> Client | None:
    return _client


def init(
    *,
    service: str | None = None,
    environment: str | None = None,
    release: str | None = None,
    endpoint: str | None = None,
    api_key: str | None = None,
    public_key: str | None = None,
    secret_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    resource: Mapping[str, str] | None = None,
    capture: bool | None = None,
    capture_chars_max: int | None = None,
    mask: Callable[..., object] | None = None,
    sample_rate: float | None = None,
    baggage: bool | None = None,
    compression: str | None = None,
    timeout_s: float | None = None,
    interval_s: float | None = None,
    queue_bytes_max: int | None = None,
    enabled: bool | None = None,
    tracer_provider: "TracerProvider | None" = None,
    instrument: bool | str | Iterable[str] = False,
    prometheus: "bool | CollectorRegistry" = False,
    log_calls: "bool | Logger" = False,
    logs: bool | int = False,
) -> None:
    """Starts recording. Call it once, when the application starts; again is harmless and changes nothing.

    Arguments left out are taken from `SPANGLASS_*`, then from OpenTelemetry's variables (docs/sdk.md has the
    table). Joins the application's TracerProvider where it has one (`tracer_provider`, else the global one),
    else installs one. Never raises: what goes wrong is logged, and nothing is recorded.

    Keys: `public_key` and `secret_key`, or one `api_key` (`public:secret`, or the secret alone). `capture`
    switches arguments and results of observed functions. `mask(text)` or `mask(text, attribute_key)` sees
    every text before it leaves and returns what to send instead, None for nothing. `instrument` switches on
    instrumentations of model libraries that are installed: all, or the named ones.
    """
    options: dict[str, Any] = {**locals()}
    with _lock:
        if _client is not None:
            if options != _given:
                log_once("init_again", "init() again: the first call's settings stay until shutdown()")
            return
        try:
            _start(options)
        except Exception:  # noqa: BLE001 - telemetry that cannot start must not stop the application
            logger.exception("init() failed: nothing is recorded")


_PIECES = ("tracer_provider", "instrument", "prometheus", "log_calls", "logs")


def _start(options: Mapping[str, Any]) -> None:
    global _client, _given
    settings = _settings.resolve(**{key: value for key, value in options.items() if key not in _PIECES})
    if not settings.is_enabled:
        slot.is_off = True
        return
    from spanglass import _propagation
    from spanglass._export import Exporter
    from spanglass._version import VERSION

    provider = find_provider(options["tracer_provider"], settings)
    client = Client(settings, provider, Exporter(settings))
    processor_of(provider).exporter = client.exporter
    _propagation.install()
    _client, _given = client, dict(options)
    slot.runtime = Runtime(
        tracer=provider.get_tracer(SCOPE, VERSION), settings=settings, scores=client.exporter
    )
    slot.is_off = False
    _register_exit()
    _add_extras(client, options)


def find_provider(given: "TracerProvider | None", settings: Settings) -> "TracerProvider":
    """The provider to join, else a new one, made the global one."""
    from opentelemetry import trace

    existing: Any = given or trace.get_tracer_provider()
    if hasattr(existing, "add_span_processor"):
        if settings.sample_rate is not None and existing not in _processors:
            logger.info("the application's TracerProvider decides what is sampled: sample_rate is not used")
        return existing  # type: ignore[no-any-return]
    if not isinstance(existing, trace.ProxyTracerProvider):
        logger.warning("the TracerProvider %r takes no processors: it is not joined", type(existing).__name__)
        return _new_provider(settings)
    provider = _new_provider(settings)
    trace.set_tracer_provider(provider)
    return provider


def _new_provider(settings: Settings) -> "TracerProvider":
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    rate = settings.sample_rate
    return TracerProvider(
        resource=Resource.create({**settings.resource}),
        sampler=None if rate is None else ParentBased(TraceIdRatioBased(rate)),
        span_limits=SpanLimits(
            max_span_attributes=_unless_set("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", ATTRIBUTES_PER_SPAN_MAX),
            max_events=_unless_set("OTEL_SPAN_EVENT_COUNT_LIMIT", EVENTS_PER_SPAN_MAX),
        ),
        shutdown_on_exit=False,
    )


def _unless_set(variable: str, limit: int) -> int | None:
    """None lets OpenTelemetry read the variable."""
    is_set = os.environ.get(variable) or os.environ.get("OTEL_ATTRIBUTE_COUNT_LIMIT")
    return None if is_set else limit


def processor_of(provider: "TracerProvider") -> "SpanglassProcessor":
    """Our processor at this provider; added at the first call."""
    from spanglass._export import SpanglassProcessor

    processor = _processors.get(provider)
    if processor is None:
        processor = _processors[provider] = SpanglassProcessor()
        provider.add_span_processor(processor)
    return processor


def _add_extras(client: Client, options: Mapping[str, Any]) -> None:
    for wanted, add in (
        (("prometheus", "log_calls"), _add_call_telemetry),
        (("logs",), _ship_logs),
        (("instrument",), _instrument),
    ):
        chosen = [options[name] for name in wanted]
        if not any(value is not False and value is not None for value in chosen):
            continue
        try:
            add(client, *chosen)
        except ImportError as error:
            logger.warning("init(%s=...) needs a package that is missing: %s", wanted[0], error)
        except Exception:  # noqa: BLE001 - an extra that cannot start must not stop the rest
            logger.exception("init(%s=...) failed; the rest works", wanted[0])


def _add_call_telemetry(client: Client, prometheus: Any, log_calls: Any) -> None:
    from spanglass._call_processor import make

    processor = make(prometheus=prometheus, log_calls=log_calls, resource=client.settings.resource)
    if processor is not None:
        client.extras.append(processor)
        client.provider.add_span_processor(processor)
        if slot.runtime is not None:
            slot.runtime.scores = processor.counting(slot.runtime.scores)


def _ship_logs(client: Client, level: Any) -> None:
    from spanglass._logs import ship_logs

    ship_logs(client, 0 if level is True else int(level))


def _instrument(client: Client, names: Any) -> None:
    from spanglass._instrument import Switches, instrument_all

    instrument_all(client.provider, names, capture=client.settings.is_capturing)
    client.extras.append(Switches())


def flush(timeout_s: float = FLUSH_S) -> bool:
    """Judges and sends what is queued now. Whether all of it was dealt with in time; True where there is
    nothing."""
    end = monotonic() + timeout_s
    judging = sys.modules.get("spanglass._evaluations")
    is_judged = judging is None or judging.evaluations.flush(timeout_s)
    client = _client
    return (client is None or client.flush(_left_ms(end) / 1000)) and is_judged


def shutdown(timeout_s: float = EXIT_S) -> None:
    """Sends what is queued, then records nothing more, until `init` is called again. The application's
    TracerProvider goes on."""
    global _client
    end = monotonic() + timeout_s
    judging = sys.modules.get("spanglass._evaluations")
    if judging is not None:
        judging.evaluations.close(timeout_s / 2)  # The rest is for sending.
    with _lock:
        client, _client = _client, None
        slot.runtime = None
        slot.is_off = True
        if client is None:
            return
        client.close(_left_ms(end) / 1000)
        processor = _processors.get(client.provider)
        if processor is not None and processor.exporter is client.exporter:
            processor.exporter = None
        _log.forget_all()


def _register_exit() -> None:
    global _is_exit_registered
    if not _is_exit_registered:
        _is_exit_registered = True
        atexit.register(_at_exit)
        send_before_sigterm(_at_exit, EXIT_S)
    _register_multiprocessing_exit()


def _at_exit() -> None:
    with suppress(Exception):
        shutdown(EXIT_S)


def _register_multiprocessing_exit() -> None:
    """A child of multiprocessing ends by `os._exit`, past `atexit`, but calls its own finalizers."""
    util: Any = sys.modules.get("multiprocessing.util")
    process: Any = sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(None, _at_exit, exitpriority=0)


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()
    if _client is None:
        return
    from spanglass._traces import traces

    traces.forget()
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:  # it forgets all finalizers in a child, then calls these
        util.register_after_fork(_client, lambda _: _register_multiprocessing_exit())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
