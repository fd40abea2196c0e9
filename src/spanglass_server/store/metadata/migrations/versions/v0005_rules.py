"""Rule files, what rules are doing, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _project_id() -> "sa.Column[str]":
    return sa.Column(
        "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )


def upgrade() -> None:
    op.create_table(
        "rule_files",
        _project_id(),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rule_groups",
        _project_id(),
        sa.Column("file", sa.String(500), primary_key=True),
        sa.Column("name", sa.String(500), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.BigInteger, nullable=False),
    )
