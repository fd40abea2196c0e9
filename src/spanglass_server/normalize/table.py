"""All dialects' keys compiled into one lookup: attribute key -> what it fills, how much it is believed."""

from typing import Final, NamedTuple

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects import DIALECTS
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.fields import READERS, Reader
from spanglass_server.normalize.values import as_word

PLAIN: Final = len(DIALECTS) - 1
"""The index in DIALECTS of plain OpenTelemetry: a span that shows no mark of another."""

CACHED_KEYS_MAX: Final = 20_000
CACHED_KEY_CHARS_MAX: Final = 256
"""Keys beyond are classified every time anew: senders with endless key names cannot fill the memory."""

LAST: Final = 1_000
"""The order of keys that only a prefix tells: below all listed ones."""

_PRECEDENCE: Final[dict[int, tuple[str, ...]]] = {
    f.PROVIDER: ("otel_genai",),
    f.SYSTEM: ("otel_genai",),
    f.REQUEST_MODEL: ("otel_genai",),
    f.RESPONSE_MODEL: ("otel_genai",),
    f.RESPONSE_ID: ("otel_genai",),
    f.STREAM: ("otel_genai",),
    f.FINISH_REASONS: ("otel_genai",),
    f.TTFT_NS: ("otel_genai",),
    f.INPUT_TOKENS: ("otel_genai", "openinference", "vercel"),
    f.OUTPUT_TOKENS: ("otel_genai", "openinference", "vercel"),
    f.CACHE_READ_TOKENS: ("otel_genai", "openinference", "vercel"),
    f.CACHE_WRITE_TOKENS: ("otel_genai", "openinference", "vercel"),
    f.REASONING_TOKENS: ("otel_genai",),
    f.AUDIO_INPUT_TOKENS: ("otel_genai",),
    f.AUDIO_OUTPUT_TOKENS: ("otel_genai",),
    f.COST_USD: ("spanglass", "pydantic_ai", "openinference", "otel_genai"),
    f.SESSION: ("spanglass", "otel", "otel_genai", "langfuse", "vercel"),
    f.USER: ("spanglass", "otel", "langfuse", "vercel", "openllmetry", "langsmith", "otel_genai"),
    f.TAGS: ("spanglass", "langfuse"),
    f.METADATA_JSON: ("spanglass", "langfuse"),
    f.PROMPT_NAME: ("spanglass", "otel_genai"),
    f.PROMPT_VERSION: ("spanglass", "otel_genai"),
    f.TOOL_NAME: ("otel_genai",),
    f.OUTPUT_TEXT: ("otel_genai",),
    f.FALLBACK_MODEL: ("openinference", "langsmith"),
}
"""Fields for which these dialects are believed before the others: the order of docs/conventions.md."""


class Entry(NamedTuple):
    """What one attribute key means."""

    order: int
    """Ascending within a field: the lowest is believed."""
    mark: int
    """The index in DIALECTS of the convention that the key gives away; PLAIN for none."""
    slot: int
    """-1 where the key fills nothing but marks its convention."""
    read: Reader
    item: str
    """For a collecting field: the item's name."""


class KeyTable(dict[str, Entry | None]):
    """The lookup. Keys that no dialect lists are classified by their prefixes at their first use."""

    def __missing__(self, key: str) -> Entry | None:
        entry = _entry_by_prefix(key)
        if len(self) < CACHED_KEYS_MAX and len(key) <= CACHED_KEY_CHARS_MAX:
            self[key] = entry
        return entry


def _ordered(slot: int) -> list[Dialect]:
    first = _PRECEDENCE.get(slot, ())
    by_name = {dialect.name: dialect for dialect in DIALECTS}
    return [by_name[name] for name in first] + [dialect for dialect in DIALECTS if dialect.name not in first]


def _mark_of(key: str) -> int:
    for index, dialect in enumerate(DIALECTS):
        if key.startswith(dialect.markers):
            return index
    return PLAIN


def _listed_entries() -> dict[str, Entry | None]:
    entries: dict[str, Entry | None] = {}
    for slot in range(f.COLLECTING):
        rank = 0
        for dialect in _ordered(slot):
            for listed in dialect.keys.get(slot, ()):
                key, read = listed if isinstance(listed, tuple) else (listed, READERS.get(slot, as_word))
                entries[key] = Entry(rank, _mark_of(key), slot, read, "")
                rank += 1
    return entries


_PREFIXES: Final = [(prefix, slot) for dialect in DIALECTS for prefix, slot in dialect.prefixes.items()]


def _entry_by_prefix(key: str) -> Entry | None:
    mark = _mark_of(key)
    for prefix, slot in _PREFIXES:
        if not key.startswith(prefix):
            continue
        item = key[len(prefix) :] or key.rpartition(".")[2]
        if slot == f.FINISH_REASON_ITEMS and not key.endswith(".finish_reason"):
            continue
        return Entry(LAST, mark, slot, READERS.get(slot, as_word), item)
    return None if mark == PLAIN else Entry(LAST, mark, -1, as_word, "")


TABLE: Final = KeyTable(_listed_entries())
