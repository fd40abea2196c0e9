"""Versions and origins of datasets' items."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "dataset_versions",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("dataset_id", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset_id"], ["datasets.project_id", "datasets.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("ix_dataset_items_source", "dataset_items", ["project_id", "source_trace_id"])
    # Pages of items in the order in which they came are read along it.
    op.create_index(
        "ix_dataset_items_order", "dataset_items", ["project_id", "dataset_id", "created_at_ns", "id"]
    )
