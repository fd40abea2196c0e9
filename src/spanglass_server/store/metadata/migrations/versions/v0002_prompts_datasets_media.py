"""Prompts, datasets with their runs, and media."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_prompts()
    _create_datasets()
    _create_runs()
    _create_media()


def _create_prompts() -> None:
    op.create_table(
        "prompts",
        _project(),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("commit_message", sa.Text, nullable=True),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "prompt_labels",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("label", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "name", "version"],
            ["prompts.project_id", "prompts.name", "prompts.version"],
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_prompt_labels_version", "prompt_labels", ["project_id", "name", "version"])
    op.create_table(
        "prompt_tags",
        _project(),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("tag", sa.String(255), primary_key=True),
    )


def _create_datasets() -> None:
    op.create_table(
        "datasets",
        _project(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("input_schema", sa.Text, nullable=False),
        sa.Column("expected_output_schema", sa.Text, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("project_id", "name", name="uq_datasets_name"),
    )
    op.create_table(
        "dataset_items",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("valid_from_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("valid_to_ns", sa.BigInteger, nullable=True),
        sa.Column("dataset_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("expected_output", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("source_trace_id", sa.String(800), nullable=True),
        sa.Column("source_observation_id", sa.String(800), nullable=True),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        _dataset(),
    )
    op.create_index("ix_dataset_items_current", "dataset_items", ["project_id", "dataset_id", "valid_to_ns"])


def _create_runs() -> None:
    op.create_table(
        "dataset_runs",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("dataset_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("updated_at_ns", sa.BigInteger, nullable=False),
        _dataset(),
        sa.UniqueConstraint("project_id", "dataset_id", "name", name="uq_dataset_runs_name"),
    )
    op.create_table(
        "dataset_run_items",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(255), nullable=False),
        sa.Column("trace_id", sa.String(800), nullable=False),
        sa.Column("observation_id", sa.String(800), nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "run_id"], ["dataset_runs.project_id", "dataset_runs.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("ix_dataset_run_items_run", "dataset_run_items", ["project_id", "run_id", "item_id"])
    op.create_index("ix_dataset_run_items_item", "dataset_run_items", ["project_id", "item_id"])


def _create_media() -> None:
    op.create_table(
        "media",
        _project(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("content_type", sa.String(255), nullable=False),
        sa.Column("length_bytes", sa.BigInteger, nullable=False),
        sa.Column("signing_key", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at_ns", sa.BigInteger, nullable=False),
        sa.Column("uploaded_at_ns", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "media_contents",
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("media_id", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "media_id"], ["media.project_id", "media.id"], ondelete="CASCADE"
        ),
    )


def _project() -> sa.Column[str]:
    return sa.Column(
        "project_id", sa.String(64), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )


def _dataset() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", "dataset_id"], ["datasets.project_id", "datasets.id"], ondelete="CASCADE"
    )
