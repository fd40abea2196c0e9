"""What only a model API's own response tells, where a library keeps that response as the span's output."""

from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.values import as_dict
from spanglass_server.wire.records import AttributeValue

READ_CHARS_MAX: Final = 200_000
"""Longer outputs are not parsed: they are embeddings' vectors, or no text of a model."""
_BODIES: Final = ("choices", "content", "output", "data")
"""What the answer itself is called in a response. An answer that is itself JSON with a `usage` has no such
key beside a `model`."""


def fill_from_response(slots: f.Slots, kind: str) -> None:
    """Fill usage, response model and finish reason from the output where no attribute tells the usage, or not
    what was cached of it (older OpenInference, MLflow)."""
    text: str | None = slots[f.OUTPUT_TEXT]
    is_lacking = slots[f.INPUT_TOKENS] is None or (kind == "llm" and slots[f.CACHE_READ_TOKENS] is None)
    if text is None or not is_lacking or slots[f.RAW_USAGE] is not None:
        return
    if len(text) > READ_CHARS_MAX or text[:1] != "{" or '"usage"' not in text:
        return
    body = as_dict(text)
    usage, model = as_dict(body.get("usage")), body.get("model")
    if not usage or not isinstance(model, str) or not any(key in body for key in _BODIES):
        return
    slots[f.RAW_USAGE] = usage
    if slots[f.RESPONSE_MODEL] is None and slots[f.MODEL] is None:
        slots[f.RESPONSE_MODEL] = model
    if slots[f.FINISH_REASONS] is None and body.get("object") == "response":
        slots[f.FINISH_REASONS] = _finish_of_response(body)


def _finish_of_response(body: dict[str, AttributeValue]) -> list[str] | None:
    """OpenAI's Responses API has a status, and calls of tools among the output's items."""
    status, items = body.get("status"), body.get("output")
    if not isinstance(status, str):
        return None
    kinds = [item.get("type") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return ["tool_call" if status == "completed" and "function_call" in kinds else status]
