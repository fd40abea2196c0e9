"""SQL over one project's rows: what a person, a dashboard or a notebook asks that nothing else answers."""

import re
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import (
    SQL_ANSWER_BYTES_MAX,
    SQL_FILE_ROWS_MAX,
    SQL_MEMORY_BYTES_MAX,
    SQL_ROWS_MAX,
    SQL_SECONDS_MAX,
)
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.sql import SqlReader, SqlRequest
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.api.sql_lane import SqlLane
from spanglass_server.web.api.sql_models import SqlFormatName, SqlResult, SqlSchema, SqlStatement
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import parse_time_ns

_MEDIA_TYPES: Final[Mapping[SqlFormatName, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_ACCEPTED: Final[Mapping[str, SqlFormatName]] = {
    "text/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/vnd.apache.parquet": "parquet",
}
_CHUNK_BYTES: Final = 1 << 20
_EXACT_MAX: Final = 1 << 53
"""Integers beyond are not exact in JavaScript."""
_WIDE: Final = re.compile(r"Int(64|128|256)")
_LAST_NS: Final = (1 << 63) - 1


def build_router() -> APIRouter:
    router = APIRouter(prefix="/sql", tags=["sql"])
    lane = SqlLane()

    async def run_sql(
        request: Request,
        caller: Reading,
        services: Serving,
        statement: SqlStatement,
        format_: Annotated[
            SqlFormatName | None,
            Query(alias="format", description="Of the answer; else what `Accept` asks for; else `json`."),
        ] = None,
    ) -> Response:
        """Run one SELECT over the project's own rows, within limits of time, memory and size. It ends when
        its client goes away."""
        chosen = format_ or _accepted(request.headers.get("accept", ""))
        asked = SqlRequest(
            query=statement.query,
            parameters=statement.parameters,
            during=_during(statement, services.now_ns()),
            rows_max=statement.limit if chosen == "json" else SQL_FILE_ROWS_MAX,
            format=chosen,
        )
        run_id = uuid.uuid4().hex
        work = partial(_answer, services.sql, caller.project.id, asked, run_id)
        return await lane.run(caller.project.id, request, work, cancel=partial(services.sql.cancel, run_id))

    router.add_api_route(
        "",
        run_sql,
        methods=["POST"],
        response_model=SqlResult,
        responses={200: {"content": {kind: {} for kind in _ACCEPTED}}},
    )
    router.add_api_route("/schema", get_sql_schema, response_model=SqlSchema)
    return router


def get_sql_schema(caller: Reading, services: Serving) -> Response:
    """The tables with their columns, the functions, examples to start from, and the limits."""
    del caller
    return json_response(
        {
            "tables": [
                {
                    "name": table.name,
                    "meaning": table.meaning,
                    "columns": [column._asdict() for column in table.columns],
                }
                for table in services.sql.tables()
            ],
            "functions": list(services.sql.functions()),
            "examples": [example._asdict() for example in services.sql.examples()],
            "limits": {
                "seconds": SQL_SECONDS_MAX,
                "memory_bytes": SQL_MEMORY_BYTES_MAX,
                "rows": SQL_ROWS_MAX,
                "file_rows": SQL_FILE_ROWS_MAX,
                "answer_bytes": SQL_ANSWER_BYTES_MAX,
            },
        }
    )


def _answer(reader: SqlReader, project_id: str, asked: SqlRequest, run_id: str) -> Response:
    body = reader.run(project_id, asked, run_id=run_id).body
    if asked.format == "json":
        return json_response(_result(orjson.loads(body), asked.rows_max))
    headers = {
        "Content-Disposition": f'attachment; filename="query.{asked.format}"',
        "Content-Length": str(len(body)),
    }
    return StreamingResponse(_chunks(body), media_type=_MEDIA_TYPES[asked.format], headers=headers)


def _result(answer: Mapping[str, Any], rows_max: int) -> dict[str, Any]:
    columns, rows = answer["meta"], answer["data"]
    wide = [index for index, column in enumerate(columns) if _WIDE.search(column["type"])]
    for row in rows if wide else ():
        for index in wide:
            row[index] = _exact(row[index])
    statistics = answer["statistics"]
    return {
        "columns": columns,
        "rows": rows[:rows_max],
        "row_count": min(len(rows), rows_max),
        "is_cut": len(rows) > rows_max,
        "elapsed_ms": round(statistics["elapsed"] * 1_000, 3),
        "read_rows": statistics["rows_read"],
    }


def _exact(value: Any) -> Any:
    match value:
        case int() if not -_EXACT_MAX <= value <= _EXACT_MAX:
            return str(value)
        case list():
            return [_exact(item) for item in value]
        case dict():
            return {key: _exact(item) for key, item in value.items()}
    return value


def _chunks(body: bytes) -> Iterator[bytes]:
    view = memoryview(body)
    for start in range(0, len(body), _CHUNK_BYTES):
        yield bytes(view[start : start + _CHUNK_BYTES])


def _accepted(accept: str) -> SqlFormatName:
    kinds = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((_ACCEPTED[kind] for kind in kinds if kind in _ACCEPTED), "json")


def _during(statement: SqlStatement, now_ns: int) -> TimeRange | None:
    if not statement.from_ and not statement.to:
        return None
    from_ns = parse_time_ns(statement.from_, now_ns, name="from") if statement.from_ else 0
    to_ns = parse_time_ns(statement.to, now_ns, name="to") if statement.to else _LAST_NS
    if from_ns >= to_ns:
        raise QueryInvalid("`from` is not before `to`")
    return TimeRange(from_ns, to_ns)
