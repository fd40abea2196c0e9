"""Notification configurations, silences, alerts, the notification log, attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _project() -> sa.Column[str]:
    return sa.Column(
        "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )


def upgrade() -> None:
    op.create_table(
        "notification_configs",
        _project(),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "silences",
        _project(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("matchers", sa.Text, nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notification_alerts",
        _project(),
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("alert", sa.Text, nullable=False),
    )
    op.create_table(
        "notification_log",
        _project(),
        sa.Column("key_hash", sa.String(64), primary_key=True),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notification_attempts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("attempt", sa.Text, nullable=False),
        sa.Index("ix_notification_attempts_time", "project_id", "time_ms"),
    )
