"""What `init` was asked for: arguments, else SPANGLASS_*, else OpenTelemetry's variables, else defaults.

A value that cannot be read is logged with its name and replaced by the default: configuration never stops an
application.
"""

import inspect
import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

from spanglass._log import logger

Mask: TypeAlias = Callable[[str, str], object]
"""(text, attribute key) -> the text to send instead; None drops the attribute."""

_T = TypeVar("_T")

DEFAULT_ENDPOINT = "http://localhost:4318"
TRACES_PATH = "/v1/traces"
SCORES_PATH = "/api/v1/scores"

CAPTURE_CHARS_MAX = 100_000
QUEUE_BYTES_MAX = 64 << 20
TIMEOUT_S = 10.0
INTERVAL_S = 1.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Resolved settings (docs/sdk.md lists arguments and variables)."""

    resource: Mapping[str, str] = field(default_factory=dict)
    """Attributes that were asked for by name: they win over those of a provider that we join."""
    endpoint: str = DEFAULT_ENDPOINT
    """Without a trailing slash; paths are put behind it."""
    traces_url: str = DEFAULT_ENDPOINT + TRACES_PATH
    headers: Mapping[str, str] = field(default_factory=dict)
    certificate: str = ""
    """A file of certificates to trust, in PEM; the system's where empty."""
    compression: str = "none"
    """none or gzip."""
    timeout_s: float = TIMEOUT_S
    interval_s: float = INTERVAL_S
    queue_bytes_max: int = QUEUE_BYTES_MAX
    is_capturing: bool = True
    """Arguments and results of observed functions."""
    capture_chars_max: int = CAPTURE_CHARS_MAX
    mask: Mask | None = None
    sample_rate: float | None = None
    has_baggage: bool = True
    is_enabled: bool = True


def resolve(
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
    env: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings of the arguments given; None means that the environment decides."""
    read = _Reader(env)
    base, traces_url = _endpoints(endpoint, env)
    delay_ms = read.number("OTEL_BSP_SCHEDULE_DELAY", None, 1, 3_600_000)
    return Settings(
        resource=_resource(resource, service, environment, release, env),
        endpoint=base,
        traces_url=traces_url,
        headers=_headers(headers, api_key, public_key, secret_key, env),
        certificate=env.get("OTEL_EXPORTER_OTLP_CERTIFICATE", ""),
        compression=_compression(compression, traces_url, env),
        timeout_s=_timeout(timeout_s, read),
        interval_s=_first(
            interval_s,
            read.number("SPANGLASS_SDK_INTERVAL_S", None, 0.01, 3600),
            None if delay_ms is None else delay_ms / 1000,
            default=INTERVAL_S,
        ),
        queue_bytes_max=int(
            _first(
                queue_bytes_max,
                read.number("SPANGLASS_SDK_QUEUE_BYTES_MAX", None, 1024, 1 << 40),
                default=QUEUE_BYTES_MAX,
            )
        ),
        is_capturing=_first(capture, read.flag("SPANGLASS_CAPTURE"), default=True),
        capture_chars_max=int(
            _first(
                capture_chars_max,
                read.number("SPANGLASS_CAPTURE_CHARS_MAX", None, 0, 1 << 30),
                default=CAPTURE_CHARS_MAX,
            )
        ),
        mask=_two_arguments(mask),
        sample_rate=_rate(
            _first(sample_rate, read.number("SPANGLASS_SAMPLE_RATE", None, 0, 1), default=None)
        ),
        has_baggage=_first(baggage, read.flag("SPANGLASS_BAGGAGE"), default=True),
        is_enabled=_first(
            enabled, read.flag("SPANGLASS_ENABLED"), _inverse(read.flag("OTEL_SDK_DISABLED")), default=True
        ),
    )


def _first(*values: _T | None, default: Any) -> Any:
    return next((value for value in values if value is not None), default)


def _inverse(flag: bool | None) -> bool | None:
    return None if flag is None else not flag


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def flag(self, name: str) -> bool | None:
        text = self._env.get(name, "").strip().lower()
        if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
            return None if not text else text in ("1", "true", "yes", "on")
        logger.warning("%s=%s is neither true nor false; it is ignored", name, text)
        return None

    def number(self, name: str, default: float | None, low: float, high: float) -> float | None:
        text = self._env.get(name, "").strip()
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if low <= value <= high:
            return value
        logger.warning("%s=%s is no number from %g to %g; it is ignored", name, text, low, high)
        return default


def _resource(
    given: Mapping[str, str] | None,
    service: str | None,
    environment: str | None,
    release: str | None,
    env: Mapping[str, str],
) -> dict[str, str]:
    named = {
        "service.name": service or env.get("SPANGLASS_SERVICE"),
        "deployment.environment.name": environment or env.get("SPANGLASS_ENVIRONMENT"),
        "service.version": release or env.get("SPANGLASS_RELEASE"),
    }
    return {**(given or {}), **{key: str(value) for key, value in named.items() if value}}


def _endpoints(endpoint: str | None, env: Mapping[str, str]) -> tuple[str, str]:
    """The base address, and where traces go."""
    base = endpoint or env.get("SPANGLASS_ENDPOINT") or ""
    traces = "" if base else env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    base = base or env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or ""
    base = _usable(_without_query(base or traces.removesuffix(TRACES_PATH)) or DEFAULT_ENDPOINT)
    base = base.removesuffix(TRACES_PATH).rstrip("/")
    return base, _usable(traces) if traces else base + TRACES_PATH


def _without_query(address: str) -> str:
    """Paths are put behind an endpoint: a query would swallow them."""
    return address.partition("?")[0].partition("#")[0]


def _usable(address: str) -> str:
    address = address.strip()
    address = (address if "://" in address else "http://" + address).rstrip("/")
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in ("http", "https") and parts.hostname:
        return address
    logger.warning("the endpoint %r is no http address; %s is used instead", address, DEFAULT_ENDPOINT)
    return DEFAULT_ENDPOINT


def is_loopback(address: str) -> bool:
    return (urlsplit(address).hostname or "") in LOOPBACK


def _headers(
    given: Mapping[str, str] | None,
    api_key: str | None,
    public_key: str | None,
    secret_key: str | None,
    env: Mapping[str, str],
) -> dict[str, str]:
    headers = _env_headers(env.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
    headers.update(_env_headers(env.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "")))
    authorization = _authorization(api_key, public_key, secret_key) or _authorization(
        env.get("SPANGLASS_API_KEY"), env.get("SPANGLASS_PUBLIC_KEY"), env.get("SPANGLASS_SECRET_KEY")
    )
    if authorization:
        headers["authorization"] = authorization
    headers.update({str(name).lower(): str(value) for name, value in (given or {}).items()})
    usable = {name: value for name, value in headers.items() if _is_header(name, value)}
    if len(usable) < len(headers):
        logger.warning(
            "the headers %s cannot be sent: an odd name, a line break, or a letter beyond Latin-1",
            sorted(headers.keys() - usable),
        )
    return usable


def _is_header(name: str, value: str) -> bool:
    """RFC 9110, "Field Names" and "Field Values"."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return _HEADER_NAME.fullmatch(name) is not None and not any(char in value for char in "\r\n")


_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")


def _env_headers(text: str) -> dict[str, str]:
    """`key=value,key=value` with percent-encoded values (OpenTelemetry's exporter specification)."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def _authorization(api_key: str | None, public_key: str | None, secret_key: str | None) -> str:
    if secret_key and public_key:
        api_key = f"{public_key}:{secret_key}"
    key = (api_key or secret_key or "").strip()
    if ":" in key:
        return "Basic " + b64encode(key.encode()).decode()
    return f"Bearer {key}" if key else ""


def _compression(given: str | None, url: str, env: Mapping[str, str]) -> str:
    names = (
        "SPANGLASS_SDK_COMPRESSION",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
    )
    word = (given or next((env[name] for name in names if env.get(name)), "")).strip().lower()
    if word in ("gzip", "none"):
        return word
    if word:
        logger.warning("compression %r is not known (gzip, none); it is chosen by the endpoint", word)
    return "none" if is_loopback(url) else "gzip"


def _timeout(given: float | None, read: _Reader) -> float:
    for name in (
        "SPANGLASS_SDK_TIMEOUT_S",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
    ):
        if given is None:
            given = read.number(name, None, 0.001, 3600)
    return TIMEOUT_S if given is None else given


def _rate(rate: float | None) -> float | None:
    if rate is None or 0 <= rate <= 1:
        return rate
    logger.warning("sample_rate=%s is not between 0 and 1; every trace is kept", rate)
    return None


def _two_arguments(mask: Callable[..., object] | None) -> Mask | None:
    """A mask that takes only the text is fine too."""
    if mask is None:
        return None
    try:
        inspect.signature(mask).bind("text", "key")
    except TypeError:
        return lambda text, key: mask(text)
    except ValueError:  # no signature, as of some builtins
        return lambda text, key: mask(text)
    return mask
