"""Who and what a span was for: feature, team, user, session, tags, metadata, prompt."""

from typing import Final, NamedTuple

import orjson

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.langsmith import METADATA_NOISE
from spanglass_server.normalize.values import as_json, as_str, as_word, cut_label, dump_json
from spanglass_server.wire.records import AttributeValue

TAGS_MAX: Final = 64
METADATA_KEYS_MAX: Final = 128

_NOISE_TAGS: Final = {"LLM"}
"""What Logfire tags every model call with."""

_SESSION_KEYS: Final = ("session_id", "sessionId", "thread_id", "conversation_id")
_USER_KEYS: Final = ("user_id", "userId")


class Identity(NamedTuple):
    feature: str
    team: str
    user_id: str
    session_id: str
    tags: tuple[str, ...]
    metadata: str
    trace_metadata: str
    """The part of `metadata` that speaks of the whole trace; empty where all of it does."""
    provider: str
    """The model provider that the metadata names (LangChain's `ls_provider`)."""


NO_IDENTITY: Final = Identity("", "", "", "", (), "", "", "")

_METADATA_SLOTS: Final = (f.METADATA_JSON, f.METADATA, f.OWN_METADATA_JSON, f.OWN_METADATA)
IDENTITY_SLOTS: Final = frozenset({f.FEATURE, f.TEAM, f.USER, f.SESSION, f.TAGS, *_METADATA_SLOTS})
"""Where all of these are empty, a span has NO_IDENTITY."""


def read_identity(slots: f.Slots, *, decodes_metadata: bool) -> Identity:
    """The span's own; what it inherits is decided when its trace is settled."""
    metadata: dict[str, AttributeValue] = {}
    trace_metadata, provider, given = "", "", slots[f.METADATA_JSON]
    if given or slots[f.METADATA]:
        metadata = _merge(given or {}, slots[f.METADATA] or {}, decodes_all=decodes_metadata)
        provider = as_str((given or {}).get("ls_provider"))
    if slots[f.OWN_METADATA_JSON] or slots[f.OWN_METADATA]:
        own = _merge(
            slots[f.OWN_METADATA_JSON] or {}, slots[f.OWN_METADATA] or {}, decodes_all=decodes_metadata
        )
        trace_metadata = dump_json(metadata)
        metadata = {**metadata, **own}
    return Identity(
        slots[f.FEATURE] or "",
        slots[f.TEAM] or "",
        slots[f.USER] or _first(metadata, _USER_KEYS),
        slots[f.SESSION] or _first(metadata, _SESSION_KEYS),
        _tags(slots[f.TAGS]),
        dump_json(metadata) if metadata else "",
        trace_metadata,
        provider,
    )


def _merge(
    given: dict[str, AttributeValue], items: dict[str, AttributeValue], *, decodes_all: bool
) -> dict[str, AttributeValue]:
    merged: dict[str, AttributeValue] = {}
    for source in (items, given):
        for key, value in source.items():
            if key in merged or key.startswith(METADATA_NOISE) or len(merged) >= METADATA_KEYS_MAX:
                continue
            if source is items:
                value = decode_metadata(value, decodes_all=decodes_all)
            if value is not None:
                merged[key] = value
    return merged


def decode_metadata(value: AttributeValue, *, decodes_all: bool) -> AttributeValue:
    """One metadata value. Langfuse's Python SDK from 5 and JavaScript SDK from 6 write every value as JSON
    (`decodes_all`); other senders only structures, and now and then a quoted text."""
    if not isinstance(value, str):
        return value
    if decodes_all:
        try:
            decoded: AttributeValue = orjson.loads(value)
        except ValueError:
            return value
        return decoded
    structure = as_json(value)
    return value if structure is None else structure


def _first(metadata: dict[str, AttributeValue], keys: tuple[str, ...]) -> str:
    for key in keys:
        if key in metadata:
            word = as_word(metadata[key])
            if word:
                return word
    return ""


def _tags(tags: list[str] | None) -> tuple[str, ...]:
    if not tags:
        return ()
    return tuple(dict.fromkeys(cut_label(tag) for tag in tags if tag not in _NOISE_TAGS))[:TAGS_MAX]


def read_prompt(slots: f.Slots) -> tuple[str, str]:
    """Name and version of the managed prompt that the call used."""
    if slots[f.PROMPT_NAME] is not None:
        return slots[f.PROMPT_NAME], slots[f.PROMPT_VERSION] or ""
    if slots[f.PROMPT_JSON]:
        prompt = slots[f.PROMPT_JSON]
        return as_str(prompt.get("name")), as_str(prompt.get("version"))
    return "", ""
