"""Which way of a score is better."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("score_configs", sa.Column("better", sa.String(8), nullable=False, server_default="higher"))
