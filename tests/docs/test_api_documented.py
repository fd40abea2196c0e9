"""docs/api.md, docs/configuration.md and docs/ingest.md name everything there is, and nothing else."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from tests.docs.pages import ROOT, Block, all_blocks, read

from spanglass.evaluators.judge import environment
from spanglass_server.app.settings import Settings, load_settings, variable_of
from spanglass_server.ingest.counters import Word
from spanglass_server.web.api import build_router

API_PAGE = read(ROOT / "docs" / "api.md")
METHOD = "(?:GET|PUT|POST|PATCH|DELETE)"
SHARED_PARAMETERS = {"project", "from", "to", "filter", "cursor", "limit", "order"}


def served() -> dict[tuple[str, str], dict[str, Any]]:
    """OpenAPI's operations by method and path below /api/v1."""
    api = FastAPI()
    api.include_router(build_router())
    return {
        (method.upper(), path.removeprefix("/api/v1")): operation
        for path, operations in api.openapi()["paths"].items()
        for method, operation in operations.items()
    }


def documented() -> dict[tuple[str, str], str]:
    """The table's endpoints by method and path, each with its whole row: "| `GET` `PUT /path`" are two."""
    rows = re.findall(rf"^\| ((?:`{METHOD}` )*)`({METHOD}) ([^?`]+)(.*)$", API_PAGE, re.MULTILINE)
    return {
        (method, path): rest
        for others, last, path, rest in rows
        for method in (*re.findall(METHOD, others), last)
    }


def test_every_endpoint_is_documented_and_every_documented_one_exists() -> None:
    assert set(documented()) == set(served())


def test_every_query_parameter_is_documented() -> None:
    missing = [
        (method, path, parameter["name"])
        for (method, path), operation in served().items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
        and parameter["name"] not in SHARED_PARAMETERS
        and parameter["name"] not in documented()[method, path]
    ]
    assert missing == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{variable_of(name)}`" in read(ROOT / "docs" / "configuration.md")


SDK_VARIABLES = {
    name
    for module in (ROOT / "src" / "spanglass").glob("*.py")
    for name in re.findall(r"\"(SPANGLASS_[A-Z_]+)\"", read(module))
}


def test_every_variable_of_the_sdk_is_documented() -> None:
    assert SDK_VARIABLES
    assert {name for name in SDK_VARIABLES if f"`{name}`" not in read(ROOT / "docs" / "sdk.md")} == set()


def test_every_setting_that_a_page_names_exists() -> None:
    known = {variable_of(name) for name in Settings.model_fields} | SDK_VARIABLES
    known |= {"SPANGLASS_CONFIG", "SPANGLASS_SKIP_UI", "SPANGLASS_TEST_CLICKHOUSE_URL"}
    known |= {"SPANGLASS_TEST_EXPRESSIONS", "SPANGLASS_TEST_SEED"}
    known |= {environment.MODEL, environment.BASE_URL, environment.API_KEY}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {word for page in pages for word in re.findall(r"SPANGLASS_[A-Z_]+[A-Z]", read(page))}
    assert named - known == set()


@pytest.mark.parametrize("word", get_args(Word))
def test_every_counter_is_documented(word: str) -> None:
    assert f"`{word}`" in read(ROOT / "docs" / "ingest.md")


@pytest.mark.parametrize(
    "block", [block for block in all_blocks("toml") if block.page.name == "configuration.md"]
)
def test_the_configuration_file_that_is_shown_is_accepted(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "spanglass.toml"
    path.write_text(block.text)
    settings = load_settings(environ={}, config_file=path)
    assert set(tomllib.loads(block.text)) <= set(settings.model_fields_set)
