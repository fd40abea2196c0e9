"""The tables of annotation queues."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from spanglass_server.store.metadata.tables import metadata

queues = Table(
    "annotation_queues",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("instructions", Text, nullable=False),
    Column("config_ids", Text, nullable=False),
    Column("reviewers_wanted", Integer, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    UniqueConstraint("project_id", "name", name="uq_annotation_queues_name"),
)

items = Table(
    "annotation_items",
    metadata,
    Column("queue_id", String(64), ForeignKey("annotation_queues.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("trace_id", String(800), nullable=False),
    Column("span_id", String(800), nullable=False),
    Column("session_id", String(800), nullable=False),
    Column("sampling_rate", Float, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("done_count", Integer, nullable=False),
    Index("ix_annotation_items_position", "queue_id", "position", "done_count", "id"),
)

reviews = Table(
    "annotation_reviews",
    metadata,
    Column("queue_id", String(64), primary_key=True),
    Column("item_id", String(64), primary_key=True),
    Column("reviewer", String(200), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("answers", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("correction", Text, nullable=False),
    Column("lease_until_ns", BigInteger, nullable=False),
    Column("started_at_ns", BigInteger, nullable=False),
    Column("finished_at_ns", BigInteger, nullable=True),
    ForeignKeyConstraint(
        ["queue_id", "item_id"], ["annotation_items.queue_id", "annotation_items.id"], ondelete="CASCADE"
    ),
    # Holds all that progress counts, so that counting does not read what was written.
    Index(
        "ix_annotation_reviews_reviewer",
        *("queue_id", "reviewer", "finished_at_ns", "status", "lease_until_ns", "item_id"),
    ),
)
