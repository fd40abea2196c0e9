"""Schema, deletion and retention, on both engines."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.spans import EPOCH_NS, SpanFactory

from spanglass_server.store.clickhouse.admin import DAY_NS, ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TraceKey

TABLES = ("spans", "traces", "trace_times", "logs")


@pytest.fixture
def administration(engine: Engine) -> ClickHouseAdministration:
    return ClickHouseAdministration(engine, is_fsynced=False, now_ns=lambda: EPOCH_NS)


def write_trace(engine: Engine, factory: SpanFactory, start_ns: int = EPOCH_NS) -> TraceKey:
    spans = factory.rag_trace(start_time_ns=start_ns)
    log = factory.log(trace_id=spans[0].trace_id, time_ns=start_ns)
    ClickHouseWriter(engine).write_batch(spans=spans, traces=[factory.summary(spans)], logs=[log])
    return TraceKey(factory.project_id, spans[0].trace_id)


def counts(engine: Engine, project_id: str) -> dict[str, int]:
    params = {"p": project_id}
    return {
        table: engine.query_arrow(
            f"SELECT toInt64(count()) AS n FROM {table} FINAL WHERE project_id = {{p:String}}", params
        )
        .column("n")[0]
        .as_py()
        for table in TABLES
    }


def wait_until(is_true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def parts_with_deleted_rows(engine: Engine) -> int:
    found = engine.query_arrow(
        "SELECT toInt64(count()) AS n FROM system.parts WHERE active AND database = currentDatabase()"
        " AND (has_lightweight_delete OR startsWith(partition_id, 'patch-'))"
    )
    return int(found.column("n")[0].as_py())


def test_migrating_again_applies_nothing(administration: ClickHouseAdministration) -> None:
    assert administration.migrate() == []


def test_a_deleted_trace_is_gone_from_every_table_and_from_the_disk(
    engine: Engine, administration: ClickHouseAdministration, span_factory: SpanFactory
) -> None:
    deleted, kept = write_trace(engine, span_factory), write_trace(engine, span_factory)

    assert administration.delete_traces([deleted]) == 5

    assert counts(engine, span_factory.project_id) == {"spans": 5, "traces": 1, "trace_times": 1, "logs": 1}
    left = engine.query_arrow(
        "SELECT DISTINCT trace_id FROM spans WHERE project_id = {p:String}", {"p": span_factory.project_id}
    )
    assert left.column("trace_id").to_pylist() == [kept.trace_id]


@pytest.mark.slow  # the background rewrites part after part
def test_what_was_deleted_is_rewritten_away(embedded_engine: Engine, span_factory: SpanFactory) -> None:
    administration = ClickHouseAdministration(embedded_engine, is_fsynced=False)
    administration.delete_traces([write_trace(embedded_engine, span_factory)])

    def is_erased() -> bool:
        administration.enforce_retention(EPOCH_NS)
        return parts_with_deleted_rows(embedded_engine) == 0

    assert wait_until(is_erased, seconds=240)


@pytest.mark.slow  # ClickHouse removes replaced parts every half minute
@pytest.mark.timeout(600)
def test_deleted_text_is_in_no_file(
    embedded_engine: Engine, clickhouse_dir: Path, span_factory: SpanFactory
) -> None:
    administration = ClickHouseAdministration(embedded_engine, is_fsynced=False)
    secret = "Zq9xWv" * 2
    spans = [span_factory.span(response_id=secret, start_time_ns=EPOCH_NS + 999 * DAY_NS)]
    ClickHouseWriter(embedded_engine).write_batch(spans=spans, traces=[span_factory.summary(spans)], logs=[])

    def is_on_disk() -> bool:
        # While an earlier rewriting runs, the next is left to the hourly retention run.
        administration.enforce_retention(EPOCH_NS)
        files = (Path(folder, name) for folder, _, names in os.walk(clickhouse_dir) for name in names)
        return any(secret.encode() in read(path) for path in files)

    assert is_on_disk()
    administration.delete_traces([TraceKey(span_factory.project_id, spans[0].trace_id)])

    assert wait_until(lambda: not is_on_disk(), seconds=480)


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # parts come and go
        return b""


def test_deleting_what_is_not_stored_deletes_nothing(
    administration: ClickHouseAdministration, project_id: str
) -> None:
    assert administration.delete_traces([TraceKey(project_id, "0" * 32)]) == 0
    assert administration.delete_traces([]) == 0


def test_a_trace_of_another_project_with_the_same_id_stays(
    engine: Engine,
    administration: ClickHouseAdministration,
    span_factory: SpanFactory,
    make_factory: Callable[[], SpanFactory],
) -> None:
    other = make_factory()
    deleted = write_trace(engine, span_factory)
    kept = write_trace(engine, other)
    assert deleted.trace_id == kept.trace_id

    administration.delete_traces([deleted])

    assert counts(engine, span_factory.project_id)["spans"] == 0
    assert counts(engine, other.project_id)["spans"] == 5


def test_a_deleted_trace_can_be_sent_again(
    engine: Engine, administration: ClickHouseAdministration, span_factory: SpanFactory
) -> None:
    key = write_trace(engine, span_factory)
    administration.delete_traces([key])
    spans = span_factory.rag_trace(trace_id=key.trace_id)

    ClickHouseWriter(engine).write_batch(spans=spans, traces=[span_factory.summary(spans)], logs=[])

    assert counts(engine, span_factory.project_id)["spans"] == 5


def test_a_deleted_project_leaves_nothing_and_spares_the_others(
    engine: Engine,
    administration: ClickHouseAdministration,
    span_factory: SpanFactory,
    make_factory: Callable[[], SpanFactory],
) -> None:
    other = make_factory()
    write_trace(engine, span_factory)
    write_trace(engine, other)

    administration.delete_project(span_factory.project_id)

    assert set(counts(engine, span_factory.project_id).values()) == {0}
    assert counts(engine, other.project_id)["spans"] == 5


def test_retention_deletes_what_is_older_and_only_of_its_project(
    engine: Engine,
    administration: ClickHouseAdministration,
    span_factory: SpanFactory,
    make_factory: Callable[[], SpanFactory],
) -> None:
    forever = make_factory()
    for factory in (span_factory, forever):
        for age_days in (0, 9, 11, 400):
            write_trace(engine, factory, EPOCH_NS - age_days * DAY_NS)
    administration.set_retention(span_factory.project_id, 10)

    assert administration.enforce_retention(EPOCH_NS) == 10

    assert counts(engine, span_factory.project_id) == {"spans": 10, "traces": 2, "trace_times": 2, "logs": 2}
    assert counts(engine, forever.project_id)["spans"] == 20
    assert administration.enforce_retention(EPOCH_NS) == 0
    administration.set_retention(span_factory.project_id, None)


def test_retention_that_was_lifted_deletes_nothing(
    engine: Engine, administration: ClickHouseAdministration, span_factory: SpanFactory
) -> None:
    write_trace(engine, span_factory, EPOCH_NS - 400 * DAY_NS)
    administration.set_retention(span_factory.project_id, 10)
    later = ClickHouseAdministration(engine, is_fsynced=False, now_ns=lambda: EPOCH_NS + 1)
    later.set_retention(span_factory.project_id, None)

    administration.enforce_retention(EPOCH_NS)

    assert counts(engine, span_factory.project_id)["spans"] == 5


def test_a_week_that_expired_as_a_whole_is_dropped_as_a_whole(
    engine: Engine, administration: ClickHouseAdministration, span_factory: SpanFactory
) -> None:
    old = EPOCH_NS - 1300 * DAY_NS
    write_trace(engine, span_factory, old)
    administration.set_retention(span_factory.project_id, 10)

    assert administration.enforce_retention(EPOCH_NS) == 5

    week = old // (7 * DAY_NS) % 256
    parts = engine.query_arrow(
        "SELECT name FROM system.parts WHERE active AND database = currentDatabase() AND table = 'spans'"
        f" AND partition_id = '{week}'"
    )
    assert parts.num_rows == 0
    administration.set_retention(span_factory.project_id, None)


def test_disk_bytes_are_told_by_table(
    engine: Engine, administration: ClickHouseAdministration, span_factory: SpanFactory
) -> None:
    write_trace(engine, span_factory)

    sizes = administration.disk_bytes()

    assert sizes["spans"] > 1_000
    assert {"spans", "traces", "logs", "trace_times"} <= set(sizes)
