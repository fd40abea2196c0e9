"""Prompts, datasets, media, score configurations as SQLAlchemy sees them; migrations/ is what makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from spanglass_server.store.metadata.tables import metadata


def _project() -> Column[str]:
    return Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)


def _dataset() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["project_id", "dataset_id"], ["datasets.project_id", "datasets.id"], ondelete="CASCADE"
    )


prompts = Table(
    "prompts",
    metadata,
    _project(),
    Column("name", String(255), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("type", String(8), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("commit_message", Text, nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)

# The key is what keeps a label on one version only.
prompt_labels = Table(
    "prompt_labels",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("label", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(
        ["project_id", "name", "version"],
        ["prompts.project_id", "prompts.name", "prompts.version"],
        ondelete="CASCADE",
    ),
    Index("ix_prompt_labels_version", "project_id", "name", "version"),
)

prompt_tags = Table(
    "prompt_tags",
    metadata,
    _project(),
    Column("name", String(255), primary_key=True),
    Column("tag", String(255), primary_key=True),
)

datasets = Table(
    "datasets",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=True),
    Column("metadata", Text, nullable=False),
    Column("input_schema", Text, nullable=False),
    Column("expected_output_schema", Text, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    UniqueConstraint("project_id", "name", name="uq_datasets_name"),
)

# A row is an item as it was from valid_from_ns on, until valid_to_ns; null is until now.
dataset_items = Table(
    "dataset_items",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("id", String(255), primary_key=True),
    Column("valid_from_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_to_ns", BigInteger, nullable=True),
    Column("dataset_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("input", Text, nullable=False),
    Column("expected_output", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("source_trace_id", String(800), nullable=True),
    Column("source_observation_id", String(800), nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
    _dataset(),
    Index("ix_dataset_items_current", "project_id", "dataset_id", "valid_to_ns"),
    Index("ix_dataset_items_source", "project_id", "source_trace_id"),
    Index("ix_dataset_items_order", "project_id", "dataset_id", "created_at_ns", "id"),
)

# Moments of a dataset that have a number.
dataset_versions = Table(
    "dataset_versions",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("dataset_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    _dataset(),
)

dataset_runs = Table(
    "dataset_runs",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("dataset_id", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=True),
    Column("metadata", Text, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    _dataset(),
    UniqueConstraint("project_id", "dataset_id", "name", name="uq_dataset_runs_name"),
)

dataset_run_items = Table(
    "dataset_run_items",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("item_id", String(255), nullable=False),
    Column("trace_id", String(800), nullable=False),
    Column("observation_id", String(800), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["project_id", "run_id"], ["dataset_runs.project_id", "dataset_runs.id"], ondelete="CASCADE"
    ),
    Index("ix_dataset_run_items_run", "project_id", "run_id", "item_id"),
    Index("ix_dataset_run_items_item", "project_id", "item_id"),
)

media = Table(
    "media",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("content_type", String(255), nullable=False),
    Column("length_bytes", BigInteger, nullable=False),
    Column("signing_key", LargeBinary(32), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("uploaded_at_ns", BigInteger, nullable=True),
)

media_uses = Table(
    "media_uses",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("media_id", String(64), primary_key=True),
    Column("trace_id", String(800), primary_key=True),
    Column("announced_at_ns", BigInteger, nullable=False),
    ForeignKeyConstraint(["project_id", "media_id"], ["media.project_id", "media.id"], ondelete="CASCADE"),
    Index("ix_media_uses_trace", "project_id", "trace_id"),
)

# Apart from `media`, so that a list of media does not read their content.
media_contents = Table(
    "media_contents",
    metadata,
    Column("project_id", String(64), primary_key=True),
    Column("media_id", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["project_id", "media_id"], ["media.project_id", "media.id"], ondelete="CASCADE"),
)

score_configs = Table(
    "score_configs",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("data_type", String(16), nullable=False),
    Column("min_value", Float, nullable=True),
    Column("max_value", Float, nullable=True),
    Column("categories", Text, nullable=False),
    Column("description", Text, nullable=True),
    Column("is_archived", Boolean, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    Column("better", String(8), nullable=False, server_default="higher"),
)
