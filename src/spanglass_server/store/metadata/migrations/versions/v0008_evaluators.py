"""Evaluators, their states, runs over history, failures and spend; connections to judges."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _project_id(*, is_key: bool = False) -> "sa.Column[str]":
    return sa.Column(
        "project_id",
        sa.String(64),
        sa.ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
    )


def _evaluator_id(*, is_key: bool = True) -> "sa.Column[str]":
    return sa.Column(
        "evaluator_id",
        sa.String(64),
        sa.ForeignKey("evaluators.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
    )


def _big(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    _create_evaluators()
    _create_states()
    _create_runs()
    op.create_table(
        "judge_connections",
        _project_id(is_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("api_key", sa.Text, nullable=False),
        sa.Column("default_model", sa.String(255), nullable=False),
        sa.Column("input_usd_per_mtok", sa.Float, nullable=True),
        sa.Column("output_usd_per_mtok", sa.Float, nullable=True),
        sa.Column("concurrency_max", sa.Integer, nullable=False),
        sa.Column("calls_per_minute_max", sa.Integer, nullable=True),
        _big("created_at_ns"),
        _big("updated_at_ns"),
    )


def _create_evaluators() -> None:
    op.create_table(
        "evaluators",
        _project_id(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("target_type", sa.String(8), nullable=False),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("sampling_rate", sa.Float, nullable=False),
        sa.Column("delay_s", sa.Float, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("concurrency_max", sa.Integer, nullable=False),
        sa.Column("calls_per_minute_max", sa.Integer, nullable=True),
        sa.Column("budget_usd_per_day", sa.Float, nullable=True),
        sa.Column("notice_threshold", sa.Float, nullable=True),
        sa.Column("notice_receiver", sa.String(255), nullable=True),
        sa.Column("notice_interval_s", sa.Float, nullable=True),
        _big("created_at_ns"),
        _big("updated_at_ns"),
        sa.UniqueConstraint("project_id", "name"),
    )


def _create_states() -> None:
    op.create_table(
        "evaluator_states",
        _evaluator_id(),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _big("watermark_version_ns"),
        sa.Column("watermark_trace_id", sa.Text, nullable=False),
        _big("last_scored_at_ns", nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        _big("last_error_at_ns", nullable=True),
        _big("scored_count"),
        _big("failed_count"),
        _big("empty_count"),
        _big("updated_at_ns"),
    )
    op.create_table(
        "evaluator_spend",
        _evaluator_id(),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("usd", sa.Float, nullable=False),
        _big("call_count"),
        _big("input_tokens"),
        _big("output_tokens"),
        _big("unpriced_count"),
    )
    op.create_table(
        "evaluation_failures",
        _evaluator_id(),
        sa.Column("evaluator_version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("trace_id", sa.Text, primary_key=True),
        sa.Column("span_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        _big("at_ns"),
    )
    op.create_index("ix_evaluation_failures_at", "evaluation_failures", ["evaluator_id", "at_ns"])


def _create_runs() -> None:
    op.create_table(
        "evaluation_runs",
        _project_id(),
        sa.Column("id", sa.String(64), primary_key=True),
        _evaluator_id(is_key=False),
        sa.Column("evaluator_version", sa.Integer, nullable=False),
        _big("from_ns"),
        _big("to_ns"),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("sampling_rate", sa.Float, nullable=False),
        sa.Column("budget_usd", sa.Float, nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _big("position_start_ns"),
        sa.Column("position_trace_id", sa.Text, nullable=False),
        _big("target_count"),
        _big("done_count"),
        _big("scored_count"),
        _big("failed_count"),
        _big("empty_count"),
        _big("skipped_count"),
        sa.Column("cost_usd", sa.Float, nullable=False),
        _big("created_at_ns"),
        _big("updated_at_ns"),
    )
    op.create_index("ix_evaluation_runs_evaluator", "evaluation_runs", ["evaluator_id", "created_at_ns"])
