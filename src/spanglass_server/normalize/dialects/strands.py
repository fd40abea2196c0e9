"""Strands agents: GenAI keys, messages in span events; its time to first token is in milliseconds, and the
resource's `service.version` is the library's own."""

from spanglass_server.normalize.dialects.base import Dialect

STRANDS = Dialect(name="strands", scopes=("strands*", "@strands-agents/*"))
STRANDS_SERVICE_NAMES = ("strands-agents", "strands")
