"""OpenLIT: GenAI keys with its own habits.

Its Anthropic input leaves out cached tokens; unset parameters are invented; its time to first token is
in seconds, and there for unstreamed calls too."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect

OPENLIT = Dialect(
    name="openlit",
    scopes=("openlit*",),
    keys={f.HAS_VECTOR_QUERY: ("db.vector.query.top_k", "db.vector.query.filter", "db.query.vector")},
)

INVENTED_PARAMETERS = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""What OpenLIT writes where the caller set nothing."""
