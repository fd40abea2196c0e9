"""Files of dataset items, as people upload them: JSON lines and CSV to records, fault by line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from spanglass_server.base.limits import DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX
from spanglass_server.wire.json_documents import depth_of, json_text, parse_json

ImportFormat: TypeAlias = Literal["jsonl", "csv"]

_INPUT: Final = ("input", "question", "prompt")
_EXPECTED: Final = ("expected_output", "expectedOutput", "expected", "reference", "answer", "output")
_TEXTS: Final = {
    "id": ("id",),
    "source_trace_id": ("source_trace_id", "sourceTraceId"),
    "source_span_id": ("source_span_id", "sourceObservationId"),
}
_IGNORED: Final = frozenset({"created_at", "updated_at"})
"""Written by exports; an import makes its own."""
_TEXT_CHARS_MAX: Final = {"id": 255, "source_trace_id": 800, "source_span_id": 800}
_STATUS: Final = {"active": "ACTIVE", "archived": "ARCHIVED"}
_METADATA: Final = "metadata"


class ItemRecord(NamedTuple):
    """One line. JSON text of what stands in it, None where nothing does."""

    line: int
    """From 1 on, where it begins."""
    id: str | None
    input: str | None
    expected_output: str | None
    metadata: str | None
    source_trace_id: str | None
    source_span_id: str | None
    status: Literal["ACTIVE", "ARCHIVED"] | None


class BadLine(NamedTuple):
    line: int
    reason: str


def read_items(body: bytes, format: ImportFormat) -> Iterator[ItemRecord | BadLine]:
    """Every line that says something, in order. An id that a line before has is a fault."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = body.count(b"\n", 0, problem.start) + 1
        yield BadLine(line, "is not UTF-8: save the file with that encoding")
        return
    seen: dict[str, int] = {}
    for record in _read_json_lines(text) if format == "jsonl" else _read_csv(text):
        if isinstance(record, ItemRecord) and record.id is not None:
            before = seen.setdefault(record.id, record.line)
            if before != record.line:
                yield BadLine(record.line, f"the id `{record.id}` is on line {before} already")
                continue
        yield record


def _read_json_lines(text: str) -> Iterator[ItemRecord | BadLine]:
    # Only by line feeds: JSON texts may hold the other ends of lines that splitlines() knows.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = parse_json(line)
        except (ValueError, RecursionError) as problem:
            yield BadLine(number, f"is not JSON: {problem}")
            continue
        if isinstance(value, dict):
            yield _read_record(number, value)
        else:
            yield BadLine(number, 'is no object such as {"input": ..., "expected_output": ...}')


def _read_csv(text: str) -> Iterator[ItemRecord | BadLine]:
    csv.field_size_limit(DOCUMENT_BYTES_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if problem := _find_header_problem(header):
            yield BadLine(1, problem)
            return
        begins = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield _read_cells(begins, header, cells)
            begins = reader.line_num + 1
    except csv.Error as problem:
        yield BadLine(begins, f"is not CSV: {problem}")


def _find_header_problem(header: Sequence[str]) -> str:
    if not set(header) & set(_INPUT):
        return "no column is named `input`: the first line names the columns"
    doubled = sorted({name for name in header if header.count(name) > 1})
    return f"the column `{doubled[0]}` is there twice" if doubled else ""


def _read_cells(line: int, header: Sequence[str], cells: Sequence[str]) -> ItemRecord | BadLine:
    if len(cells) > len(header):
        return BadLine(line, f"has {len(cells)} cells, the first line {len(header)}")
    plain = frozenset(name for names in _TEXTS.values() for name in names) | {"status"}
    named = zip(header, cells, strict=False)
    return _read_record(
        line, {name: cell if name in plain else _read_cell(cell) for name, cell in named if cell != ""}
    )


def _read_cell(cell: str) -> object:
    """JSON where it is an object, an array or a quoted text; all else is text: `007` is no 7."""
    if cell[0] not in '{["':
        return cell
    try:
        return parse_json(cell)
    except (ValueError, RecursionError):
        return cell


def _read_record(line: int, value: Mapping[str, Any]) -> ItemRecord | BadLine:
    rest = {key: one for key, one in value.items() if key not in _IGNORED}
    found_input, found_expected = _take(rest, _INPUT), _take(rest, _EXPECTED)
    texts = {field: _take(rest, names) for field, names in _TEXTS.items()}
    status = rest.pop("status", None)
    metadata = rest.pop(_METADATA, None)
    problem = _find_problem(value, texts, status)
    if problem:
        return BadLine(line, problem)
    if rest:
        # Whatever else a line says is told of the item.
        metadata = {**(metadata if isinstance(metadata, dict) else {}), **rest}
    record = ItemRecord(
        line=line,
        input=_text_or_none(found_input),
        expected_output=_text_or_none(found_expected),
        metadata=_text_or_none(metadata),
        status=_STATUS[status.lower()] if status else None,  # type: ignore[arg-type]
        **texts,
    )
    size = sum(len(text) for text in (record.input, record.expected_output, record.metadata) if text)
    if size > DOCUMENT_BYTES_MAX:
        return BadLine(line, f"is longer than {DOCUMENT_BYTES_MAX} characters")
    return record


def _find_problem(value: Mapping[str, Any], texts: Mapping[str, Any], status: object) -> str:
    if not set(value) & set(_INPUT):
        return "has no `input`"
    for field, text in texts.items():
        if text is None:
            continue
        if not isinstance(text, str) or not text or not text.isprintable():
            return f"its `{field}` is not a text of printable characters"
        if len(text) > _TEXT_CHARS_MAX[field]:
            return f"its `{field}` is longer than {_TEXT_CHARS_MAX[field]} characters"
    if status and (not isinstance(status, str) or status.lower() not in _STATUS):
        return "its `status` is neither `active` nor `archived`"
    if depth_of(value) > DOCUMENT_DEPTH_MAX:
        return f"nests arrays and objects deeper than {DOCUMENT_DEPTH_MAX}"
    return ""


def _take(rest: dict[str, Any], names: Sequence[str]) -> Any:
    """The first of the names that is there; the others stay for the metadata."""
    name = next((name for name in names if name in rest), None)
    return None if name is None else rest.pop(name)


def _text_or_none(value: object) -> str | None:
    return None if value is None else json_text(value)
