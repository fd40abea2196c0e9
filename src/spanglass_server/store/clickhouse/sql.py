"""SQL that users write, on ClickHouse (`store.sql.SqlReader`; ADR 0010 has what was tried).

What runs is ClickHouse's own print of the statement, checked twice (`sql_check`), as a subquery under our
definitions of the tables (`sql_tables`), on a connection that is read-only, that stands in an empty database
and that filters every one of our tables by the project once more.
"""

import re
from collections.abc import Sequence
from typing import Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import (
    SQL_ANSWER_BYTES_MAX,
    SQL_CHARS_MAX,
    SQL_FILE_ROWS_MAX,
    SQL_MEMORY_BYTES_MAX,
    SQL_PARAMETERS_CHARS_MAX,
    SQL_PARAMETERS_MAX,
    SQL_SECONDS_MAX,
)
from spanglass_server.store.clickhouse.engine import ConfinedFailure, Engine, Parameter, Settings
from spanglass_server.store.clickhouse.schema import TABLES
from spanglass_server.store.clickhouse.sql_check import check_tree, check_words, table_names
from spanglass_server.store.clickhouse.sql_examples import EXAMPLES
from spanglass_server.store.clickhouse.sql_failures import locate, sql_error_of
from spanglass_server.store.clickhouse.sql_functions import AGGREGATES, PLAIN
from spanglass_server.store.clickhouse.sql_tables import VIEWS, definition, describe
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.sql import SqlAnswer, SqlExample, SqlFormat, SqlRequest, SqlTable

_PROJECT: Final = "spanglass_project"
_OUR_PARAMETERS: Final = "spanglass_"
_WITHOUT_PROJECT: Final = frozenset({"schema_migrations", "schema_migrations_local"})
_PROJECT_ID: Final = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_PARAMETER_NAME: Final = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_TICKED: Final = re.compile(r"`([^`]+)`")
_FORMATS: Final[dict[SqlFormat, str]] = {
    "json": "JSONCompact",
    "csv": "CSVWithNames",
    "jsonl": "JSONEachRow",
    "parquet": "Parquet",
}
_LIMITS: Final[Settings] = {
    "timeout_before_checking_execution_speed": 0,
    "max_memory_usage": SQL_MEMORY_BYTES_MAX,
    "max_result_rows": SQL_FILE_ROWS_MAX,
    "max_result_bytes": SQL_ANSWER_BYTES_MAX,
    "result_overflow_mode": "throw",
    # One thread, and small blocks: between them a statement hears that its time is over.
    "max_threads": 1,
    "max_block_size": 16384,
    # After lists and commits; between blocks it lets them by, but not for ever.
    "priority": 10,
    "low_priority_query_wait_time_ms": 50,
    "max_ast_elements": 20_000,
    "max_expanded_ast_elements": 60_000,
    "max_ast_depth": 400,
    "max_query_size": 4 * SQL_CHARS_MAX,
    "max_recursive_cte_evaluation_depth": 100,
    "function_range_max_elements_in_block": 10_000_000,
    # Nothing of it goes to the disk.
    "max_bytes_before_external_group_by": 0,
    "max_bytes_ratio_before_external_group_by": 0,
    "max_bytes_before_external_sort": 0,
    "max_bytes_ratio_before_external_sort": 0,
    "join_algorithm": "hash",
    "use_query_cache": 0,
    "allow_introspection_functions": 0,
    "use_skip_indexes_if_final_exact_mode": 1,
    "session_timezone": "UTC",
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_denormals": 0,
    "output_format_json_quote_decimals": 1,
    "output_format_json_validate_utf8": 1,
    "output_format_parquet_string_as_string": 1,
    "output_format_parquet_compression_method": "zstd",
}


class ClickHouseSqlReader:
    def __init__(self, engine: Engine, *, seconds_max: float = SQL_SECONDS_MAX) -> None:
        self._engine = engine
        self._limits: Settings = {**_LIMITS, "max_execution_time": seconds_max}

    def run(self, project_id: str, request: SqlRequest, *, run_id: str) -> SqlAnswer:
        _check_request(request)
        settings = self._settings(project_id, run_id)
        try:
            printed = self._print(request.query, settings)
            self._check(printed, request, settings)
            sql = self._confine(printed, request.during, limit=_limit(request))
            params = {**request.parameters, _PROJECT: project_id}
            return SqlAnswer(
                self._engine.query_confined(sql, params, settings, output=_FORMATS[request.format])
            )
        except ConfinedFailure as failure:
            raise sql_error_of(failure.text, request.query) from failure

    def cancel(self, run_id: str) -> None:
        self._engine.kill(run_id)

    def tables(self) -> Sequence[SqlTable]:
        return [describe(view) for view in VIEWS]

    def functions(self) -> Sequence[str]:
        return sorted({*PLAIN, *AGGREGATES}, key=str.lower)

    def examples(self) -> Sequence[SqlExample]:
        return EXAMPLES

    def _settings(self, project_id: str, run_id: str) -> Settings:
        if not _PROJECT_ID.fullmatch(project_id):
            raise QueryInvalid("this project's id cannot be used in SQL")
        only_its_own = f"project_id = ''{project_id}''"
        database = self._engine.database
        names = (f"{table}{ending}" for table in TABLES for ending in self._table_endings())
        filters = ", ".join(
            f"'{database}.{name}': '{'0' if name in _WITHOUT_PROJECT else only_its_own}'" for name in names
        )
        return {**self._limits, "additional_table_filters": f"{{{filters}}}", "log_comment": run_id}

    def _table_endings(self) -> tuple[str, ...]:
        return ("", "_local") if self._engine.cluster else ("",)

    def _print(self, query: str, settings: Settings) -> str:
        """ClickHouse's own print of one statement. It is parsed, and nothing of it runs."""
        sql = "SELECT formatQuerySingleLine({query:String})"
        text = query.strip().removesuffix(";")
        return self._engine.query_confined(sql, {"query": text}, settings, output="RawBLOB").decode()

    def _check(self, printed: str, request: SqlRequest, settings: Settings) -> None:
        try:
            check_words(printed, request.parameters)
            sql = f"EXPLAIN AST {printed}"
            tree = self._engine.query_confined(sql, request.parameters, settings, output="TSVRaw")
            check_tree(tree.decode(), table_names(printed))
        except QueryInvalid as error:
            names = _TICKED.findall(error.message)
            error.column = next(filter(None, (locate(name, request.query) for name in names)), None)
            raise

    def _confine(self, printed: str, during: TimeRange | None, *, limit: int | None) -> str:
        database, project = self._engine.database, f"{{{_PROJECT}:String}}"
        tables = ",\n".join(
            f"{view.name} AS ({definition(view, database, project, during)})"
            for view in VIEWS
            if re.search(rf"(?<!\w){view.name}(?!\w)", printed)
        )
        end = f"\nLIMIT {limit:d}" if limit is not None else ""
        return f"{f'WITH {tables}' if tables else ''}\nSELECT * FROM (\n{printed}\n){end}"


def _limit(request: SqlRequest) -> int | None:
    return request.rows_max + 1 if request.format == "json" else None


def _check_request(request: SqlRequest) -> None:
    if not request.query.strip():
        raise QueryInvalid("there is no statement", hint="write a SELECT")
    if len(request.query) > SQL_CHARS_MAX:
        raise QueryInvalid(f"the statement is longer than {SQL_CHARS_MAX} characters")
    if len(request.parameters) > SQL_PARAMETERS_MAX:
        raise QueryInvalid(f"there are more than {SQL_PARAMETERS_MAX} parameters")
    for name in request.parameters:
        if not _PARAMETER_NAME.fullmatch(name) or name.startswith(_OUR_PARAMETERS):
            raise QueryInvalid(f"`{name}` cannot be a parameter's name", hint="use letters and digits")
    try:
        size = sum(map(_size, request.parameters.values()))
    except UnicodeEncodeError as error:
        raise QueryInvalid("a parameter holds half a character (a lone surrogate)") from error
    if size > SQL_PARAMETERS_CHARS_MAX:
        raise QueryInvalid(f"the parameters are longer than {SQL_PARAMETERS_CHARS_MAX} characters")


def _size(value: Parameter) -> int:
    if isinstance(value, str):
        return len(value.encode())
    return sum(map(_size, value)) + 1 if isinstance(value, list | tuple) else 1
