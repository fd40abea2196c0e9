"""What a store promises of SQL that its users write: it reads one project's rows and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias

from spanglass_server.store.ports import TimeRange

SqlParameter: TypeAlias = str | int | float | bool | Sequence["SqlParameter"] | None
"""Bound to `{name:Type}` in the statement."""
SqlFormat: TypeAlias = Literal["json", "csv", "jsonl", "parquet"]


class SqlColumn(NamedTuple):
    name: str
    type: str
    """As the engine spells it: `String`, `Nullable(Int64)`, `Array(String)`."""
    meaning: str
    """One line, with the unit."""


class SqlTable(NamedTuple):
    name: str
    meaning: str
    columns: tuple[SqlColumn, ...]


class SqlExample(NamedTuple):
    name: str
    """A slug that a user interface may translate."""
    title: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRequest:
    query: str
    """One SELECT, as the user wrote it."""
    parameters: Mapping[str, SqlParameter] = field(default_factory=dict)
    during: TimeRange | None = None
    """Rows whose time lies outside are not there. None: all of time."""
    rows_max: int
    """More rows are cut off (`json`), or refused with QueryTooLarge (files: half a file looks whole)."""
    format: SqlFormat = "json"


class SqlAnswer(NamedTuple):
    body: bytes
    """`json`: ClickHouse's JSONCompact (`meta`, `data`, `rows`, `statistics`), at most `rows_max + 1` rows,
    so that the reader sees whether more follow. Else the file."""


class SqlReader(Protocol):
    """Safe to call from many threads; calls block.

    A statement sees the tables of `tables()` and no others, of the project alone, without what was deleted,
    each row once. It can neither write nor change a setting, and runs within limits of time, memory and rows.

    Errors: QueryInvalid for what cannot run or is not allowed, with the place in the user's own text where it
    is known; QueryTooLarge names the limit; StorageUnavailable. None of them holds a stored value.
    """

    def run(self, project_id: str, request: SqlRequest, *, run_id: str) -> SqlAnswer:
        """`run_id`: 32 hex digits that no other call has."""
        ...

    def cancel(self, run_id: str) -> None:
        """End a run as soon as its current block is done; one that is over, or unknown, is left alone."""
        ...

    def tables(self) -> Sequence[SqlTable]: ...

    def functions(self) -> Sequence[str]: ...

    def examples(self) -> Sequence[SqlExample]: ...
