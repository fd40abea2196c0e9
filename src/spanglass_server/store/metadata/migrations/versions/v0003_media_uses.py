"""Which traces refer to which media."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "media_uses",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("media_id", sa.String(64), primary_key=True),
        sa.Column("trace_id", sa.String(800), primary_key=True),
        sa.Column("announced_at_ns", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "media_id"], ["media.project_id", "media.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("ix_media_uses_trace", "media_uses", ["project_id", "trace_id"])
