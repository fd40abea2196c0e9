"""Notification configurations, silences, the notification log."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Tables follow."""
