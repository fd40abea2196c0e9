"""Label sets as text."""

from spanglass_server.model.series import Labels
from spanglass_server.promql.quoting import is_plain_label, quote


def format_labels(labels: Labels) -> str:
    """As Prometheus writes a label set in messages: `{__name__="up", job="a"}`."""
    inside = (f"{name if is_plain_label(name) else quote(name)}={quote(value)}" for name, value in labels)
    return "{" + ", ".join(inside) + "}"
