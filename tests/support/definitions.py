"""Evaluators' definitions for tests, and the store that keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from spanglass_server.model.evaluation import EvaluatorDefinition, JudgeConnection
from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore, open_evaluator_store

NOON_NS: Final = 1_800_014_400_000_000_000
"""2027-01-15 12:00 UTC."""


@contextmanager
def opened_store(directory: Path) -> Iterator[SqlEvaluatorStore]:
    """The relational store in SQLite, with the project `default`."""
    url = f"sqlite:///{directory / 'metadata.db'}"
    projects = open_directory(url)
    projects.migrate()
    projects.close()
    store = open_evaluator_store(url)
    yield store
    store.close()


def a_definition(**fields: Any) -> EvaluatorDefinition:
    """A judge of answers' relevance with a dollar a day."""
    usual = EvaluatorDefinition(
        project_id=DEFAULT_PROJECT,
        id="e1",
        name="relevant",
        version=1,
        kind="judge",
        options='{"rubric":"answer_relevance"}',
        target_type="trace",
        filter="",
        sampling_rate=1.0,
        delay_s=0.0,
        is_enabled=True,
        concurrency_max=4,
        calls_per_minute_max=None,
        budget_usd_per_day=1.0,
        notice=None,
        created_at_ns=NOON_NS,
        updated_at_ns=NOON_NS,
    )
    return usual._replace(**fields)


def a_connection(**fields: Any) -> JudgeConnection:
    usual = JudgeConnection(
        project_id=DEFAULT_PROJECT,
        name="main",
        provider="openai",
        base_url="",
        api_key="sk-secret",
        default_model="judge-1",
        input_usd_per_mtok=1.0,
        output_usd_per_mtok=5.0,
        concurrency_max=8,
        calls_per_minute_max=None,
        created_at_ns=NOON_NS,
        updated_at_ns=NOON_NS,
    )
    return usual._replace(**fields)


class SteppingClock:
    """Nanoseconds since the epoch that move when told."""

    def __init__(self, now_ns: int = NOON_NS) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def advance_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)
