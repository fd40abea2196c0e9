"""Which field of a policy an attribute belongs to, by its key."""

from typing import Final

from spanglass_server.model.redaction import RedactionField
from spanglass_server.normalize import fields as f
from spanglass_server.normalize.messages.encodings import openinference, openllmetry
from spanglass_server.normalize.payload import INPUT_KEYS, OUTPUT_KEYS
from spanglass_server.normalize.table import CACHED_KEY_CHARS_MAX, CACHED_KEYS_MAX, TABLE

_BY_SLOT: Final[dict[int, RedactionField]] = {
    f.USER: "user_id",
    f.SESSION: "session_id",
    f.TAGS: "tags",
    f.METADATA_JSON: "metadata",
    f.OWN_METADATA_JSON: "metadata",
    f.METADATA: "metadata",
    f.OWN_METADATA: "metadata",
    f.TRACE_NAME: "name",
    f.LOGFIRE_MESSAGE: "name",
    f.EXCEPTION_MESSAGE: "error",
    f.STATUS_MESSAGE: "error",
}
_INPUTS: Final = frozenset(
    {
        *INPUT_KEYS,
        *("gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.agent.tools"),
        *("gen_ai.content.prompt", "mlflow.chat.tools", "ai.prompt.tools", "ai.prompt.toolChoice"),
        *("tool.parameters", "tool.json_schema", "llm.prompt_template.template"),
        *(
            "llm.prompt_template.variables",
            "llm.function_call",
            "embedding.text",
            "prompt",
            "http.request.body",
        ),
    }
)
_OUTPUTS: Final = frozenset(
    {
        *OUTPUT_KEYS,
        *("gen_ai.content.completion", "ai.response.reasoning", "ai.response.files", "ai.result.text"),
        *("ai.result.object", "ai.result.toolCalls", "completion", "http.response.body"),
    }
)
_INPUT_PREFIXES: Final = (
    openinference.INPUT_PREFIX,
    openllmetry.INPUT_PREFIX,
    *("llm.prompts.", "llm.tools.", "embedding.embeddings.", "reranker.query", "reranker.input_documents."),
    *("ai.prompt.", "llm.prompt_template.", "llm.request.functions."),
)
_OUTPUT_PREFIXES: Final = (
    openinference.OUTPUT_PREFIX,
    openllmetry.OUTPUT_PREFIX,
    *("llm.choices.", "retrieval.documents.", "reranker.output_documents."),
)
_ERRORS: Final = frozenset(
    {"exception.message", "exception.stacktrace", "error.message", "exception.escaped"}
)


def field_of_key(key: str) -> RedactionField:
    """`attributes` for a key that is nothing else."""
    return _FIELDS[key]


class _Fields(dict[str, RedactionField]):
    def __missing__(self, key: str) -> RedactionField:
        field = _find_field(key)
        if len(self) < CACHED_KEYS_MAX and len(key) <= CACHED_KEY_CHARS_MAX:
            self[key] = field
        return field


def _find_field(key: str) -> RedactionField:
    if key in _INPUTS or key.startswith(_INPUT_PREFIXES):
        return "input"
    if key in _OUTPUTS or key.startswith(_OUTPUT_PREFIXES):
        return "output"
    if key in _ERRORS:
        return "error"
    entry = TABLE[key]
    return _BY_SLOT.get(entry.slot, "attributes") if entry is not None else "attributes"


_FIELDS: Final = _Fields()
