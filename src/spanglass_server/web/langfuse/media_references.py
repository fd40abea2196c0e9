"""Langfuse's media references in JSON: `@@@langfuseMedia:type=image/png|id=<media id>|source=bytes@@@`."""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from spanglass_server.store.library import JsonText

_MARK: Final = "@@@langfuseMedia:"
_REFERENCE: Final = re.compile(r"@@@langfuseMedia:(?P<fields>[^@\s]{1,1000}?)@@@")


class MediaReference(NamedTuple):
    text: str
    media_id: str
    json_path: str
    """Of the string that holds it, as the SDKs read it: `$['images'][0]`. A key with a quote in it is not
    escaped there."""


def find_references(text: JsonText) -> list[MediaReference]:
    """Strings that are a reference and nothing else, for the SDKs put the medium in their place. In the order
    of the text, which is parsed only where the mark is in it."""
    return list(_walk(json.loads(text), "$")) if _MARK in text else []


def _walk(value: object, path: str) -> Iterator[MediaReference]:
    if isinstance(value, str):
        if (match := _REFERENCE.fullmatch(value)) and (media_id := _media_id(match["fields"])):
            yield MediaReference(value, media_id, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}['{key}']")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{index}]")


def _media_id(fields: str) -> str:
    return dict(field.partition("=")[::2] for field in fields.split("|")).get("id", "")
