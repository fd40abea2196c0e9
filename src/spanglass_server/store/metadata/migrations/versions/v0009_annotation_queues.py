"""Annotation queues."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "annotation_queues",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column(
            "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("instructions", sa.Text, nullable=False),
        sa.Column("config_ids", sa.Text, nullable=False),
        sa.Column("reviewers_wanted", sa.Integer, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("project_id", "name", name="uq_annotation_queues_name"),
    )
    op.create_table(
        "annotation_items",
        sa.Column(
            "queue_id", sa.String(64), sa.ForeignKey("annotation_queues.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("trace_id", sa.String(800), nullable=False),
        sa.Column("span_id", sa.String(800), nullable=False),
        sa.Column("session_id", sa.String(800), nullable=False),
        sa.Column("sampling_rate", sa.Float, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("done_count", sa.Integer, nullable=False),
    )  # fmt: skip
    op.create_index(
        "ix_annotation_items_position", "annotation_items", ["queue_id", "position", "done_count", "id"]
    )
    op.create_table(
        "annotation_reviews",
        sa.Column("queue_id", sa.String(64), primary_key=True),
        sa.Column("item_id", sa.String(64), primary_key=True),
        sa.Column("reviewer", sa.String(200), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("correction", sa.Text, nullable=False),
        sa.Column("lease_until_ns", sa.BigInteger, nullable=False),
        sa.Column("started_at_ns", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ns", sa.BigInteger, nullable=True),
        sa.ForeignKeyConstraint(
            ["queue_id", "item_id"], ["annotation_items.queue_id", "annotation_items.id"], ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_annotation_reviews_reviewer",
        "annotation_reviews",
        ["queue_id", "reviewer", "finished_at_ns", "status", "lease_until_ns", "item_id"],
    )
