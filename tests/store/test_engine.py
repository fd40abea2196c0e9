"""What both engines promise beyond SQL: binding, limits, errors, lanes."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.clickhouse_http import ClickHouseHttp

from spanglass_server.base.errors import Misconfigured, QueryInvalid, QueryTooLarge, StorageUnavailable
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.engine_embedded import LANE_CONNECTIONS, EmbeddedEngine
from spanglass_server.store.clickhouse.engine_server import ServerEngine

FOREVER = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def answer(engine: Engine, sql: str, **params: object) -> object:
    return engine.query_arrow(sql, params).column(0)[0].as_py()  # type: ignore[arg-type]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT, texts=st.lists(TEXT, max_size=3), number=st.integers(-(2**63), 2**63 - 1))
def test_a_bound_value_arrives_as_it_was_given(
    engine: Engine, text: str, texts: list[str], number: int
) -> None:
    assert answer(engine, "SELECT {x:String}", x=text) == text
    assert answer(engine, "SELECT {x:Array(String)}", x=texts) == texts
    assert answer(engine, "SELECT {x:Int64}", x=number) == number


def test_null_and_booleans_can_be_bound(engine: Engine) -> None:
    assert answer(engine, "SELECT {x:Nullable(String)}", x=None) is None
    assert answer(engine, "SELECT {x:Bool}", x=True) is True


def test_an_empty_result_keeps_its_columns(engine: Engine) -> None:
    table = engine.query_arrow("SELECT 1 AS a, 'x' AS b WHERE 0")

    assert table.num_rows == 0
    assert table.column_names == ["a", "b"]


@pytest.mark.parametrize(
    ("sql", "limits", "name"),
    [
        (FOREVER, {"max_execution_time": 0.2}, "max_execution_time"),
        ("SELECT groupArray(number) FROM numbers(100000000)", {"max_memory_usage": 20_000_000}, "max_memory"),
        ("SELECT number FROM numbers(1000)", {"max_result_rows": 10}, "max_result_rows"),
        ("SELECT max(number) FROM numbers(1000)", {"max_rows_to_read": 10}, "max_rows_to_read"),
    ],
)
def test_a_read_past_its_limit_ends_and_names_it(
    engine: Engine, sql: str, limits: dict[str, int | float], name: str
) -> None:
    with pytest.raises(QueryTooLarge, match=name):
        engine.query_arrow(sql, None, limits)


@pytest.mark.parametrize("sql", ["SELECT nothing", "SELECT", "SELECT match('a', materialize('('))"])
def test_a_read_that_cannot_run_is_the_askers_fault(engine: Engine, sql: str) -> None:
    with pytest.raises(QueryInvalid):
        engine.query_arrow(sql)


def test_a_read_that_failed_midway_leaves_nothing_to_the_next(engine: Engine) -> None:
    """Embedded ClickHouse keeps a failed query's output on its connection; it must reach nobody."""
    for _ in range(6):
        with pytest.raises(StorageUnavailable):
            engine.query_arrow("SELECT number AS secret, throwIf(number = 3) FROM numbers(5)")
        assert engine.query_arrow("SELECT 'mine' AS x").to_pylist() == [{"x": "mine"}]


def test_storage_that_cannot_be_opened_again_is_unavailable_until_it_can(
    embedded_engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise RuntimeError("Code: 107. DB::Exception: File does not exist. (FILE_DOESNT_EXIST)")

    with monkeypatch.context() as patch:
        patch.setattr("chdb.state.sqlitelike.connect", refuse)
        for _ in range(2 * LANE_CONNECTIONS["read"]):
            with pytest.raises(StorageUnavailable):
                embedded_engine.query_arrow("SELECT throwIf(1)")
    for _ in range(LANE_CONNECTIONS["read"]):
        assert embedded_engine.query_arrow("SELECT 1 AS x").num_rows == 1


def test_an_insert_into_a_missing_table_is_refused(engine: Engine) -> None:
    with pytest.raises(StorageUnavailable):
        engine.insert_arrow("no_such_table", pa.table({"a": [1]}))


def test_slow_reads_on_every_connection_hold_up_no_write(engine: Engine) -> None:
    """As many endless reads as there are connections to read with; writing goes on beside them."""

    def read_slowly() -> None:
        with pytest.raises(QueryTooLarge):
            engine.query_arrow(FOREVER, None, {"max_execution_time": 3, "max_threads": 1})

    readers = [threading.Thread(target=read_slowly) for _ in range(3)]
    for reader in readers:
        reader.start()
    time.sleep(0.2)
    began = time.monotonic()
    row = pa.table({"project_id": ["slow-readers"], "days": [1], "version": [1]})
    engine.insert_arrow("retention", row)
    took_s = time.monotonic() - began
    for reader in readers:
        reader.join()

    assert took_s < 2


def test_every_lane_has_a_connection_of_its_own() -> None:
    assert set(LANE_CONNECTIONS) == {"read", "long", "write", "settle", "admin", "evaluate"}
    assert min(LANE_CONNECTIONS.values()) >= 1


def test_a_directory_in_use_by_another_process_is_refused_with_a_hint(
    embedded_engine: EmbeddedEngine, clickhouse_dir: Path
) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from spanglass_server.base.errors import Misconfigured\n"
        "from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine\n"
        "try: EmbeddedEngine(Path(sys.argv[1]))\n"
        "except Misconfigured as error: print(error.message, '|', error.hint)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(clickhouse_dir)], capture_output=True, text=True, timeout=60
    )

    assert "in use by another server" in done.stdout
    assert "--data-dir" in done.stdout


def test_a_second_directory_in_one_process_is_refused(
    embedded_engine: EmbeddedEngine, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match="another data directory"):
        EmbeddedEngine(tmp_path / "second")


@pytest.mark.parametrize(
    "url", ["postgres://host/db", "clickhouse://", "clickhouse://h:port/db", "clickhouse://h/a-b"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        ServerEngine(url)


def test_a_wrong_password_is_the_operators_fault(clickhouse_http: ClickHouseHttp) -> None:
    with pytest.raises(Misconfigured, match="password"):
        ServerEngine(clickhouse_http.url("refused", password="wrong"))


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable) as raised:
        ServerEngine("clickhouse://127.0.0.1:1/db")

    assert raised.value.hint


def test_a_server_that_refuses_work_is_unavailable_until_it_recovers(clickhouse_http: ClickHouseHttp) -> None:
    engine = ServerEngine(clickhouse_http.url("recovers"))
    clickhouse_http.failure = (252, "Code: 252. DB::Exception: Too many parts (300). (TOO_MANY_PARTS)")
    try:
        with pytest.raises(StorageUnavailable, match="Too many parts"):
            engine.insert_arrow("t", pa.table({"a": [1]}))
    finally:
        clickhouse_http.failure = None

    assert engine.query_arrow("SELECT 1 AS one").column("one").to_pylist() == [1]
    engine.close()
