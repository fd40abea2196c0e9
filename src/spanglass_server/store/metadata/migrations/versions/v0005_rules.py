"""Rule files, alert states, leases."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Tables follow."""
