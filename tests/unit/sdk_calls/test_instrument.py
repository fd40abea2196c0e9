"""Which instrumentors `init(instrument=...)` switches on: made-up distributions, found as real ones are."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from opentelemetry.sdk.trace import TracerProvider

from spanglass import _log
from spanglass._instrument import instrument_all, instrumented, uninstrument_all

OPENINFERENCE = "openinference-semantic-conventions>=0.1"
OPENLLMETRY = "opentelemetry-semantic-conventions-ai<0.6"
OFFICIAL = "opentelemetry-util-genai~=1.0"
WORKS = "pass"

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one instrumentor where Python finds it."""
    _log.forget_all()
    monkeypatch.syspath_prepend(str(tmp_path))
    modules: list[str] = []

    def put(
        distribution: str, *requires: str, name: str, library: str = "packaging", body: str = WORKS
    ) -> None:
        module = distribution.replace("-", "_")
        modules.append(module)
        source = f'''
            from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

            class Instrumentor(BaseInstrumentor):
                def instrumentation_dependencies(self):
                    return ["{library}"]

                def _instrument(self, **options):
                    self.options = options
                    {body}

                def _uninstrument(self, **options):
                    pass
            '''
        (tmp_path / f"{module}.py").write_text(dedent(source))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
        extra = f"Requires-Dist: {library}; extra == 'instruments'\n"
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n{needs}{extra}"
        )
        (info / "entry_points.txt").write_text(
            f"[opentelemetry_instrumentor]\n{name} = {module}:Instrumentor\n"
        )

    yield put
    uninstrument_all()
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def provider() -> TracerProvider:
    return TracerProvider(shutdown_on_exit=False)


def test_the_preferred_family_gets_the_library(install: Install, provider: TracerProvider) -> None:
    install("official-packaging", OFFICIAL, name="packaging")
    install("traceloop-packaging", OPENLLMETRY, name="packaging")
    install("arize-packaging", OPENINFERENCE, name="packaging")

    instrument_all(provider, only="packaging")

    assert instrumented() == {"packaging": "arize-packaging"}


@pytest.mark.parametrize(
    ("only", "distribution"),
    [
        ("traceloop-packaging", "traceloop-packaging"),
        ("openllmetry", "traceloop-packaging"),
        (["genai"], "official-packaging"),
        (["packaging", "Official_Packaging"], "official-packaging"),
    ],
)
def test_a_distribution_or_a_family_can_be_named(
    install: Install, provider: TracerProvider, only: str | list[str], distribution: str
) -> None:
    install("official-packaging", OFFICIAL, name="packaging")
    install("traceloop-packaging", OPENLLMETRY, name="packaging")
    install("arize-packaging", OPENINFERENCE, name="packaging")

    instrument_all(provider, only=only)

    assert instrumented() == {"packaging": distribution}


def test_without_names_only_model_libraries_are_instrumented(
    install: Install, provider: TracerProvider
) -> None:
    install("some-webserver", name="webserver-x")
    install("arize-model-x", OPENINFERENCE, name="model-x", library="pluggy")

    instrument_all(provider)

    assert "webserver-x" not in instrumented()
    assert instrumented()["model-x"] == "arize-model-x"


def test_one_that_raises_is_logged_once_and_the_next_takes_its_place(
    install: Install, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    install("raising-packaging", OPENINFERENCE, name="packaging", body="raise RuntimeError('broken')")
    install("traceloop-packaging", OPENLLMETRY, name="packaging")

    instrument_all(provider, only="packaging")
    instrument_all(provider, only="packaging")

    assert instrumented() == {"packaging": "traceloop-packaging"}
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["raising-packaging left off: RuntimeError('broken')"]


def test_one_for_another_version_of_its_library_is_left_off_with_a_word(
    install: Install, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    install("arize-outdated", OPENINFERENCE, name="outdated", library="packaging<1")

    instrument_all(provider, only="outdated")

    assert instrumented() == {}
    assert "falls outside of that range" in caplog.text


def test_one_whose_library_is_missing_is_left_off_in_silence(
    install: Install, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    install("arize-absent", OPENINFERENCE, name="absent", library="no-such-library-x")
    install("arize-unloadable", OPENINFERENCE, name="unloadable", body="import no_such_module_x")

    instrument_all(provider, only=["absent", "unloadable"])

    assert instrumented() == {}
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


def test_a_name_that_nothing_answers_to_is_told(
    provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    instrument_all(provider, only=["no-such-thing"])

    assert "no installed OpenTelemetry instrumentor is called 'no-such-thing'" in caplog.text


def test_what_the_application_has_switched_on_itself_keeps_its_library(
    install: Install, provider: TracerProvider
) -> None:
    install("arize-packaging", OPENINFERENCE, name="packaging")
    install("traceloop-packaging", OPENLLMETRY, name="packaging")
    import traceloop_packaging

    traceloop_packaging.Instrumentor().instrument()
    instrument_all(provider, only="packaging")

    assert instrumented() == {}
    traceloop_packaging.Instrumentor().uninstrument()


def test_switching_off_and_on_again_binds_the_new_provider(
    install: Install, provider: TracerProvider
) -> None:
    install("traceloop-packaging", OPENLLMETRY, name="packaging")
    instrument_all(provider, only="packaging")
    uninstrument_all()
    assert instrumented() == {}

    other = TracerProvider(shutdown_on_exit=False)
    instrument_all(other, only="packaging")

    assert sys.modules["traceloop_packaging"].Instrumentor().options["tracer_provider"] is other


def test_without_capture_messages_are_left_out(
    install: Install, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACELOOP_TRACE_CONTENT", raising=False)
    install("arize-packaging", OPENINFERENCE, name="packaging")
    install("traceloop-pluggy", OPENLLMETRY, name="pluggy", library="pluggy")

    instrument_all(provider, only=["packaging", "pluggy"], capture=False)

    config = sys.modules["arize_packaging"].Instrumentor().options["config"]
    assert (config.hide_inputs, config.hide_outputs) == (True, True)
    assert os.environ["TRACELOOP_TRACE_CONTENT"] == "false"
    monkeypatch.delenv("TRACELOOP_TRACE_CONTENT")
