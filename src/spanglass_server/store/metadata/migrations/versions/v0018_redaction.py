"""What a project keeps of its texts."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def _project() -> sa.Column[str]:
    return sa.Column(
        "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )


def upgrade() -> None:
    op.create_table(
        "redaction_policies",
        _project(),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
    )
    op.create_table("redaction_keys", _project(), sa.Column("key", sa.LargeBinary(32), nullable=False))
    op.create_table(
        "redaction_counts",
        _project(),
        sa.Column("hour_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("detector", sa.String(64), primary_key=True),
        sa.Column("field", sa.String(32), primary_key=True),
        sa.Column("action", sa.String(8), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
