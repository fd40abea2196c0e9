"""docs/sdk.md: its code runs as it stands, and it names every argument, variable and attribute."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, blocks, read
from tests.support.collector import Collector

import spanglass
from spanglass import _settings, semconv

PAGE = ROOT / "docs" / "sdk.md"


def test_the_pages_code_runs() -> None:
    program = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")
    collector = Collector()
    try:
        subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            check=True,
            timeout=60,
            env={**os.environ, "SPANGLASS_ENDPOINT": collector.url},
        )
    finally:
        collector.close()
    names = collector.names()
    assert names[:3] == ["retrieve", "rerank", "answer"]
    assert {"call_model", "groundedness", "checked"} <= set(names)
    grounded = [score for score in collector.scores() if score["name"] == "groundedness"]
    assert len(grounded) == 2
    assert grounded[-1]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    judged = {score["name"]: score["value"] for score in collector.scores() if "evaluator_id" in score}
    assert judged.items() >= {"no_secrets": True, "is_short": True}.items()


def documented() -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", read(PAGE)))


def arguments_of(function: object) -> set[str]:
    return set(inspect.signature(function).parameters) - {"function", "facts"}  # type: ignore[arg-type]


def test_every_argument_is_documented() -> None:
    page = read(PAGE)
    for function in (
        *(spanglass.init, spanglass.observe, spanglass.update_current_span),
        *(spanglass.update_current_trace, spanglass.score, spanglass.evaluate),
    ):
        missing = {name for name in arguments_of(function) if not re.search(rf"\b{name}\b", page)}
        assert not missing, function.__name__
    for name in (*arguments_of(spanglass.init), *arguments_of(spanglass.observe)):
        assert name in documented(), name


def test_every_variable_is_documented_and_read() -> None:
    source = read(Path(_settings.__file__))
    pattern = r"\b(?:SPANGLASS|OTEL)_[A-Z_]+\b"
    assert set(re.findall(pattern, source)) <= set(re.findall(pattern, read(PAGE)))


def test_every_public_function_is_documented() -> None:
    page = read(PAGE) + read(ROOT / "docs/structured-logs.md") + read(ROOT / "docs/instrumentation.md")
    assert [name for name in spanglass.__all__ if name not in page and name != "SpanHandle"] == []


def test_semconv_names_what_the_page_names() -> None:
    named = {value for name, value in vars(semconv).items() if name.isupper() and isinstance(value, str)}
    told = {name for name in documented() if re.fullmatch(r"spanglass\.[a-z_.]+", name)} - {
        *("spanglass.span", "spanglass.init", "spanglass.observe", "spanglass.semconv", "spanglass.testing"),
    }
    assert told <= named
