"""Our own attributes, set by the SDK or by hand: they always win."""

from spanglass_server.model.span import KINDS
from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.values import as_word
from spanglass_server.wire.records import AttributeValue


def read_kind(value: AttributeValue) -> str | None:
    word = (as_word(value) or "").lower()
    return word if word in KINDS else None


SPANGLASS = Dialect(
    name="spanglass",
    scopes=("spanglass",),
    markers=("spanglass.",),
    keys={
        f.KIND: (("spanglass.kind", read_kind),),
        f.FEATURE: ("spanglass.feature", "feature"),
        f.TEAM: ("spanglass.team", "team"),
        f.USER: ("spanglass.user_id", "spanglass.user.id"),
        f.SESSION: ("spanglass.session_id", "spanglass.session.id"),
        f.TAGS: ("spanglass.tags",),
        f.METADATA_JSON: ("spanglass.trace_metadata", "spanglass.trace.metadata"),
        f.OWN_METADATA_JSON: ("spanglass.metadata",),
        f.ENVIRONMENT: ("spanglass.environment",),
        f.RELEASE: ("spanglass.release",),
        f.TRACE_NAME: ("spanglass.trace_name", "spanglass.trace.name"),
        f.PROMPT_NAME: ("spanglass.prompt.name",),
        f.PROMPT_VERSION: ("spanglass.prompt.version",),
        f.COST_USD: ("spanglass.cost_usd",),
        f.LEVEL: ("spanglass.level",),
        f.STATUS_MESSAGE: ("spanglass.status_message",),
        f.CACHE_HIT: ("spanglass.cache_hit",),
        f.OTHER_CACHE_HIT: ("cache.hit", "cache_hit"),
    },
    prefixes={
        "spanglass.trace_metadata.": f.METADATA,
        "spanglass.trace.metadata.": f.METADATA,
        "spanglass.metadata.": f.OWN_METADATA,
    },
)
