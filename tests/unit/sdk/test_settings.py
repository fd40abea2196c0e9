"""Arguments over SPANGLASS_* over OTEL_* over defaults; bad values are said and passed over."""

from typing import Any

import pytest

from spanglass import _log
from spanglass._settings import Settings, resolve

CASES: list[tuple[dict[str, Any], dict[str, str], str, object]] = [
    ({}, {}, "traces_url", "http://localhost:4318/v1/traces"),
    ({"endpoint": "http://a:1/"}, {"SPANGLASS_ENDPOINT": "http://b"}, "traces_url", "http://a:1/v1/traces"),
    (
        {},
        {"SPANGLASS_ENDPOINT": "http://b", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"},
        "endpoint",
        "http://b",
    ),
    ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/otlp"}, "traces_url", "http://c/otlp/v1/traces"),
    ({}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://d/custom"}, "traces_url", "http://d/custom"),
    (
        {},
        {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://d/v1/traces",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
        },
        "endpoint",
        "http://c",
    ),
    ({}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://d/v1/traces"}, "endpoint", "http://d"),
    ({"endpoint": "http://a/v1/traces"}, {}, "endpoint", "http://a"),
    ({"endpoint": "collector:4318"}, {}, "endpoint", "http://collector:4318"),
    ({"endpoint": "ftp://x"}, {}, "endpoint", "http://localhost:4318"),
    ({"endpoint": "http://a:port"}, {}, "endpoint", "http://localhost:4318"),
    ({"api_key": "pk:sk"}, {"SPANGLASS_API_KEY": "no"}, "headers", {"authorization": "Basic cGs6c2s="}),
    ({}, {"SPANGLASS_API_KEY": "sk"}, "headers", {"authorization": "Bearer sk"}),
    (
        {},
        {"SPANGLASS_PUBLIC_KEY": "pk", "SPANGLASS_SECRET_KEY": "sk"},
        "headers",
        {"authorization": "Basic cGs6c2s="},
    ),
    (
        {},
        {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20x,x-a=1"},
        "headers",
        {"authorization": "Bearer x", "x-a": "1"},
    ),
    ({"headers": {"X-Bad": "a\nb", "X-Good": "1"}}, {}, "headers", {"x-good": "1"}),
    ({"service": "a"}, {"SPANGLASS_SERVICE": "b"}, "resource", {"service.name": "a"}),
    (
        {"release": "1"},
        {"SPANGLASS_SERVICE": "b", "SPANGLASS_ENVIRONMENT": "prod"},
        "resource",
        {"service.name": "b", "deployment.environment.name": "prod", "service.version": "1"},
    ),
    ({}, {"SPANGLASS_CAPTURE": "false"}, "is_capturing", False),
    ({"capture": True}, {"SPANGLASS_CAPTURE": "false"}, "is_capturing", True),
    ({}, {"SPANGLASS_CAPTURE": "perhaps"}, "is_capturing", True),
    ({}, {"OTEL_SDK_DISABLED": "true"}, "is_enabled", False),
    ({}, {"OTEL_SDK_DISABLED": "true", "SPANGLASS_ENABLED": "1"}, "is_enabled", True),
    ({}, {"SPANGLASS_SAMPLE_RATE": "0.25"}, "sample_rate", 0.25),
    ({}, {"SPANGLASS_SAMPLE_RATE": "25"}, "sample_rate", None),
    ({"sample_rate": 7}, {}, "sample_rate", None),
    ({}, {"OTEL_BSP_SCHEDULE_DELAY": "250"}, "interval_s", 0.25),
    ({}, {"SPANGLASS_SDK_INTERVAL_S": "2", "OTEL_BSP_SCHEDULE_DELAY": "250"}, "interval_s", 2.0),
    ({}, {"SPANGLASS_SDK_QUEUE_BYTES_MAX": "2048"}, "queue_bytes_max", 2048),
    ({}, {"SPANGLASS_SDK_QUEUE_BYTES_MAX": "-1"}, "queue_bytes_max", 64 << 20),
    ({}, {"OTEL_EXPORTER_OTLP_TIMEOUT": "3"}, "timeout_s", 3.0),
    ({}, {}, "compression", "none"),
    ({"endpoint": "https://far.example"}, {}, "compression", "gzip"),
    ({"endpoint": "https://far.example", "compression": "none"}, {}, "compression", "none"),
    ({}, {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, "compression", "gzip"),
    ({"compression": "brotli"}, {}, "compression", "none"),
    ({}, {"SPANGLASS_BAGGAGE": "off"}, "has_baggage", False),
    ({}, {"SPANGLASS_CAPTURE_CHARS_MAX": "10"}, "capture_chars_max", 10),
]


@pytest.mark.parametrize(("arguments", "env", "setting", "expected"), CASES, ids=str)
def test_settings_come_from_arguments_then_the_environment_then_defaults(
    arguments: dict[str, Any], env: dict[str, str], setting: str, expected: object
) -> None:
    assert getattr(resolve(**arguments, env=env), setting) == expected


@pytest.mark.parametrize(
    "env",
    [
        {"SPANGLASS_CAPTURE": "perhaps"},
        {"SPANGLASS_SAMPLE_RATE": "many"},
        {"SPANGLASS_SDK_QUEUE_BYTES_MAX": "-1"},
        {"OTEL_EXPORTER_OTLP_COMPRESSION": "brotli"},
        {"SPANGLASS_ENDPOINT": "ftp://x"},
    ],
    ids=str,
)
def test_bad_values_are_named(env: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    _log.forget_all()
    resolve(env=env)
    (value,) = env.values()
    assert value in caplog.text


@pytest.mark.parametrize(
    ("endpoint", "traces_url"),
    [
        ("http://host:1/base/", "http://host:1/base/v1/traces"),
        ("http://host:1/v1/traces/", "http://host:1/v1/traces"),
        ("http://host:1/base?key=1#top", "http://host:1/base/v1/traces"),
        ("https://[::1]:1", "https://[::1]:1/v1/traces"),
        ("host", "http://host/v1/traces"),
        ("http://", "http://localhost:4318/v1/traces"),
    ],
)
def test_paths_are_put_behind_the_endpoint(endpoint: str, traces_url: str) -> None:
    assert resolve(endpoint=endpoint, env={}).traces_url == traces_url


def test_headers_that_no_server_takes_are_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    kept = resolve(headers={"x-ok": "1", "": "2", "a b": "3", "x-break": "4\n", "ü": "5"}, env={}).headers
    assert kept == {"x-ok": "1"}
    assert "x-break" in caplog.text


def test_masks_take_the_text_or_the_text_and_its_key() -> None:
    def both(text: str, key: str) -> str:
        return f"{key}={text}"

    one = resolve(mask=str.upper, env={}).mask
    two = resolve(mask=both, env={}).mask
    three = resolve(mask=lambda text: text * 2, env={}).mask
    assert one is not None
    assert two is not None
    assert three is not None
    assert (one("a", "k"), two("a", "k"), three("a", "k")) == ("A", "k=a", "aa")


def test_the_defaults_are_those_of_the_class() -> None:
    assert resolve(env={}) == Settings()
