"""Dashboards, who starred which, and which opens first."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "dashboards",
        _project(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_by", sa.String(320), nullable=False),
    )
    # Dashboards that come with the server are starred too, and have no row above.
    op.create_table(
        "dashboard_stars",
        _project(),
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("dashboard_id", sa.String(64), primary_key=True),
    )
    op.create_table(
        "dashboard_defaults",
        _project(),
        sa.Column("dashboard_id", sa.String(64), nullable=False),
    )


def _project() -> sa.Column[str]:
    return sa.Column(
        "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
