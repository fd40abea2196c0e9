"""Evaluators and what belongs to them as SQLAlchemy sees it; migrations/ is what makes the tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from spanglass_server.store.metadata.tables import metadata


def _project(*, is_key: bool = False) -> Column[str]:
    return Column(
        "project_id",
        String(64),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
    )


def _evaluator(*, is_key: bool = True) -> Column[str]:
    return Column(
        "evaluator_id",
        String(64),
        ForeignKey("evaluators.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=is_key,
    )


evaluators = Table(
    "evaluators",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("options", Text, nullable=False),
    Column("target_type", String(8), nullable=False),
    Column("filter", Text, nullable=False),
    Column("sampling_rate", Float, nullable=False),
    Column("delay_s", Float, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("concurrency_max", Integer, nullable=False),
    Column("calls_per_minute_max", Integer, nullable=True),
    Column("budget_usd_per_day", Float, nullable=True),
    Column("notice_threshold", Float, nullable=True),
    Column("notice_receiver", String(255), nullable=True),
    Column("notice_interval_s", Float, nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    UniqueConstraint("project_id", "name"),
)

evaluator_states = Table(
    "evaluator_states",
    metadata,
    _evaluator(),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("watermark_version_ns", BigInteger, nullable=False),
    Column("watermark_trace_id", Text, nullable=False),
    Column("last_scored_at_ns", BigInteger, nullable=True),
    Column("last_error", Text, nullable=False),
    Column("last_error_at_ns", BigInteger, nullable=True),
    Column("scored_count", BigInteger, nullable=False),
    Column("failed_count", BigInteger, nullable=False),
    Column("empty_count", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)

evaluator_spend = Table(
    "evaluator_spend",
    metadata,
    _evaluator(),
    Column("day", String(10), primary_key=True),
    Column("usd", Float, nullable=False),
    Column("call_count", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("unpriced_count", BigInteger, nullable=False),
)

evaluation_failures = Table(
    "evaluation_failures",
    metadata,
    _evaluator(),
    Column("evaluator_version", Integer, primary_key=True, autoincrement=False),
    Column("trace_id", Text, primary_key=True),
    Column("span_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Index("ix_evaluation_failures_at", "evaluator_id", "at_ns"),
)

evaluation_runs = Table(
    "evaluation_runs",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    _evaluator(is_key=False),
    Column("evaluator_version", Integer, nullable=False),
    Column("from_ns", BigInteger, nullable=False),
    Column("to_ns", BigInteger, nullable=False),
    Column("filter", Text, nullable=False),
    Column("sampling_rate", Float, nullable=False),
    Column("budget_usd", Float, nullable=True),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("position_start_ns", BigInteger, nullable=False),
    Column("position_trace_id", Text, nullable=False),
    Column("target_count", BigInteger, nullable=False),
    Column("done_count", BigInteger, nullable=False),
    Column("scored_count", BigInteger, nullable=False),
    Column("failed_count", BigInteger, nullable=False),
    Column("empty_count", BigInteger, nullable=False),
    Column("skipped_count", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    Index("ix_evaluation_runs_evaluator", "evaluator_id", "created_at_ns"),
)

judge_connections = Table(
    "judge_connections",
    metadata,
    _project(is_key=True),
    Column("name", String(64), primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("base_url", Text, nullable=False),
    Column("api_key", Text, nullable=False),
    Column("default_model", String(255), nullable=False),
    Column("input_usd_per_mtok", Float, nullable=True),
    Column("output_usd_per_mtok", Float, nullable=True),
    Column("concurrency_max", Integer, nullable=False),
    Column("calls_per_minute_max", Integer, nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
