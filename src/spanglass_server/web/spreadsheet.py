"""CSV that spreadsheets open: UTF-8 with its mark, RFC 4180's quoting, and no cell that runs as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from fastapi import Response

Cell: TypeAlias = str | int | float | None
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the begin of a formula, or skips before one (OWASP, CSV injection)."""
_NOT_OF_NAMES: Final = re.compile(r"[^\w.-]+")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A file to save, called `NAME.csv`."""
    return Response(
        "\ufeff" + csv_text(columns, rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{_NOT_OF_NAMES.sub("-", name)}.csv"'},
    )


def _safe(cell: Cell) -> Cell:
    """Numbers stay numbers; a text that would be a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
