"""The web app's types say what the API says: the same names, and null where the API may leave out."""

import re
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest

from spanglass_server.web.api import models

TYPES = (Path(__file__).parents[2] / "ui/src/api/types.ts").read_text(encoding="utf-8")

SHAPES: dict[str, type[models.Shape]] = {
    "Trace": models.Trace,
    "SpanHead": models.SpanHead,
    "Document": models.Document,
    "Field": models.FieldInfo,
    "FacetValue": models.FacetValue,
    "Facet": models.Facet,
    "HistogramBucket": models.Bucket,
    "Histogram": models.Histogram,
    "Log": models.Log,
    "Media": models.Media,
    "Project": models.Project,
    "Score": models.Score,
    "ServerStatus": models.ServerStatus,
    "SpanEvent": models.SpanEvent,
    "SpanLink": models.SpanLink,
}


def _members(name: str) -> dict[str, bool]:
    """Names of a type's members, and whether they may be null."""
    start = rf"^export type {name} = (?:\w+ & )?{{"
    found = re.search(start + r"(?:\n((?s:.*?))\n|(.*))};$", TYPES, re.MULTILINE)
    assert found is not None, f"types.ts has no type {name}"
    body = re.sub(r"/\*.*?\*/", "", found[1] or found[2], flags=re.DOTALL)
    flat = re.sub(r"{[^{}]*}", "object", body)
    return {key: "null" in kind for key, kind in re.findall(r"(\w+)\??:\s*([^;]+)", flat)}


def _fields(model: type[models.Shape]) -> dict[str, bool]:
    return {
        field.alias or name: NoneType in get_args(field.annotation)
        for name, field in model.model_fields.items()
    }


@pytest.mark.parametrize("name", SHAPES)
def test_the_web_apps_types_are_the_apis(name: str) -> None:
    assert _members(name) == _fields(SHAPES[name])


def test_a_whole_spans_type_adds_the_payloads() -> None:
    heads = _fields(models.SpanHead)
    # `input`, `output` and bodies are any JSON, null included.
    added = {name: null for name, null in _fields(models.Span).items() if name not in heads}
    assert _members("Span") == added
