"""Rows without inputs and outputs: what is kept of a project that stores none.

It happens after normalizing, since usage and cost may only be told in an answer's text.
"""

from typing import Any, Final

import orjson

from spanglass_server.model.redaction import RedactionField
from spanglass_server.model.span import Span
from spanglass_server.normalize.redaction.fields import field_of_key

CONTENT: Final[frozenset[RedactionField]] = frozenset({"input", "output"})
_TEXT_CHARS_MAX: Final = 1_000
"""Longer attributes are taken for somebody's input or output, whatever their name."""
_EVENT_PREFIX: Final = "gen_ai."


def strip_span(span: Span, fields: frozenset[RedactionField] = CONTENT) -> Span:
    """The row without the input, the output or both."""
    attributes = orjson.loads(span.attributes)
    kept = {key: value for key, value in attributes.items() if not is_content(key, value, fields)}
    changed: dict[str, Any] = {
        "attributes": span.attributes if len(kept) == len(attributes) else orjson.dumps(kept).decode(),
        "attribute_index": {
            key: value for key, value in span.attribute_index.items() if not is_content(key, value, fields)
        },
        "events": _strip_events(span.events, fields),
    }
    if "input" in fields:
        changed |= {"input": "", "input_key": "", "input_preview": ""}
    if "output" in fields:
        changed |= {"output": "", "output_key": "", "output_preview": ""}
    return span._replace(**changed)


def _strip_events(events: str, fields: frozenset[RedactionField]) -> str:
    if events == "[]":
        return events
    kept = [
        {**event, "attributes": _strip_attributes(event["attributes"], event["name"], fields)}
        for event in orjson.loads(events)
    ]
    return orjson.dumps(kept).decode()


def _strip_attributes(
    attributes: dict[str, Any], name: str, fields: frozenset[RedactionField]
) -> dict[str, Any]:
    if is_content_event(name):
        return {}
    return {key: value for key, value in attributes.items() if not is_content(key, value, fields)}


def is_content(key: str, value: Any, fields: frozenset[RedactionField] = CONTENT) -> bool:
    """Whether an attribute may hold an input or output."""
    field = field_of_key(key)
    if field != "attributes":
        return field in fields
    return fields == CONTENT and _is_long(value)


def _is_long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > _TEXT_CHARS_MAX
    return isinstance(value, list | dict) and len(orjson.dumps(value, default=str)) > _TEXT_CHARS_MAX


def is_content_event(name: str) -> bool:
    """Log records that tell of messages: OpenTelemetry's events of generative AI, scores left alone."""
    return name.startswith(_EVENT_PREFIX) and not name.startswith("gen_ai.evaluation")
