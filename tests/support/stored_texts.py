"""Where in a stopped server's data directory a text stands: every column, every row, every file.

    python -m tests.support.stored_texts DATA_DIR TEXT   prints the places, one a line

A process of its own, since one may open only one data directory of embedded ClickHouse.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine


def places_of(data_dir: Path, text: str) -> list[str]:
    """Found by another process."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.support.stored_texts", str(data_dir), text],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.splitlines()


def _in_clickhouse(data_dir: Path, text: str) -> Iterator[str]:
    engine = EmbeddedEngine(data_dir / "clickhouse")
    columns = engine.query_arrow(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
        " AND match(type, 'String|Map|Tuple|JSON') AND default_kind != 'ALIAS'",
    ).to_pylist()
    assert len(columns) > 100
    for column in columns:
        # Old versions of rows too: what a reader does not see is on the disk all the same.
        rows = engine.query_arrow(
            f"SELECT substring(toString({column['name']}), 1, 4000) AS text FROM {column['table']}"
            f" WHERE positionCaseInsensitive(toString({column['name']}), {{text:String}}) > 0",
            {"text": text},
        ).to_pylist()
        yield from (f"{column['table']}.{column['name']}: {_around(row['text'], text)}" for row in rows)
    engine.close()


def _in_sqlite(data_dir: Path, text: str) -> Iterator[str]:
    with closing(sqlite3.connect(data_dir / "metadata.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                yield from (f"{table}: {value}" for value in row if text.lower() in str(value).lower())


def _in_files(data_dir: Path, text: str) -> Iterator[str]:
    """Of those that are not compressed: queues, logs, write-ahead logs."""
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and text.encode().lower() in path.read_bytes().lower():
            yield f"file {path.relative_to(data_dir)}"


def _around(told: str, text: str) -> str:
    at = told.lower().find(text.lower())
    return told[max(0, at - 60) : at + 60].replace("\n", " ") if at >= 0 else told[:100]


if __name__ == "__main__":
    for search in (_in_clickhouse, _in_sqlite, _in_files):
        for place in search(Path(sys.argv[1]), sys.argv[2]):
            sys.stdout.write(f"{place}\n")
