"""What goes wrong when users' SQL runs, in words that hold nothing but what the user wrote.

An exception's own sentence is passed on only where it is about the statement. One that is raised while rows
are read may quote a value, so it is told in our words.
"""

import re
from typing import Final

from spanglass_server.base.errors import QueryInvalid, QueryTooLarge, SpanglassError, StorageUnavailable
from spanglass_server.base.limits import (
    SQL_ANSWER_BYTES_MAX,
    SQL_FILE_ROWS_MAX,
    SQL_MEMORY_BYTES_MAX,
    SQL_SECONDS_MAX,
)

_CODE: Final = re.compile(r"Code: (\d+)\.")
_AFTER: Final = re.compile(
    r"\n|: ?In scope |\. In scope | In scope |: While | \(for url |: while executing |\. Stack trace|"
    r": ?SELECT formatQuery"
)
_SYNTAX: Final = re.compile(
    r"Syntax error(?: \([^)]*\))?: failed at position (\d+) \((.*?)\)(?::|$)", re.DOTALL
)
_OURS: Final = re.compile(
    r"project_id|_sql`|`?spanglass|source\.|formatQuery|/|\\\\|__table|_subquery|additional"
)
_CODE_NAME: Final = re.compile(r"\.? \([A-Z_]{4,}\)$")
_TABLE_ALIAS: Final = re.compile(r"__table\d+\.")
_TICKED: Final = re.compile(r"[`'‘]([^`'’]{1,128})[`'’]")

_ABOUT_THE_STATEMENT: Final = frozenset(
    {
        20, 35, 42, 43, 44, 46, 47, 48, 50, 51, 53, 60, 63, 70, 80, 130, 179, 181, 182, 184, 206, 207, 215,
        223, 352, 386, 403, 427, 456, 457, 469, 476, 535, 536, 549, 586, 636, 706, 707,
    }
)  # fmt: skip
_HINTS: Final = {
    184: "a sum may not have the name of the column that it adds up: call it something else",
    215: "name every column that is not added up in GROUP BY",
}
_CONVERSION: Final = frozenset({6, 27, 38, 41, 72, 131, 321, 349, 407, 409, 441, 675, 676, 677})
_TIME: Final = frozenset({159, 160, 209, 394, 734})
_MEMORY: Final = frozenset({241, 173, 191, 243})
_ROWS: Final = frozenset({396, 158, 307, 161, 195})
_DEPTH: Final = frozenset({167, 168, 162, 306, 719})
_RANGE: Final = frozenset({36, 69, 128, 153})
_SYNTAX_CODE: Final = 62


def sql_error_of(text: str, query: str) -> SpanglassError:
    """`query`: what the user wrote; places point into it, counted from 1."""
    found = _CODE.search(text)
    code = int(found.group(1)) if found else 0
    sentence = text.rsplit("DB::Exception: ", 1)[-1].strip()
    if code == _SYNTAX_CODE:
        return _syntax_error(sentence, query)
    if code in _TIME:
        return _too_large(f"the statement took longer than {SQL_SECONDS_MAX} s", "max_execution_time")
    if code in _MEMORY:
        size = f"{SQL_MEMORY_BYTES_MAX // 1_000_000} MB"
        return _too_large(f"the statement needed more memory than {size}", "max_memory_usage")
    if code in _ROWS:
        return _too_large(
            f"the answer has more than {SQL_FILE_ROWS_MAX:,} rows or {SQL_ANSWER_BYTES_MAX >> 20} MiB",
            "max_result_rows",
            hint="add a LIMIT, or aggregate",
        )
    if code in _DEPTH:
        return _too_large("the statement is too complex", "max_ast_elements", hint="write it shorter")
    if code in _CONVERSION:
        return QueryInvalid(
            "a value could not be read as the type that was asked for",
            hint="functions that end in OrNull, such as toInt64OrNull, answer NULL instead",
        )
    if code in _ABOUT_THE_STATEMENT:
        return _about_the_statement(sentence, query, hint=_HINTS.get(code, ""))
    if code in _RANGE:
        return QueryInvalid(
            "a function was called with an argument that it does not take", hint="too large, or not a number?"
        )
    if 0 < code < 1000 and code not in (210, 236, 279, 999):
        return QueryInvalid(f"the statement cannot be run (ClickHouse's error {code})")
    return StorageUnavailable("Storage cannot run statements for now.")


def locate(name: str, query: str) -> int | None:
    """Where a name first stands in the text, counted from 1."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.IGNORECASE)
    return found.start() + 1 if found else None


def _syntax_error(sentence: str, query: str) -> QueryInvalid:
    if "Multi-statements" in sentence:
        return QueryInvalid("only one statement is run at a time", hint="remove what follows the semicolon")
    found = _SYNTAX.search(sentence)
    if not found:
        return QueryInvalid("the statement cannot be read")
    # Counted in bytes.
    column = len(query.encode()[: int(found[1]) - 1].decode(errors="ignore")) + 1
    what = found[2].strip().splitlines()[0][:60] if found[2].strip() else ""
    at_end = "end of query" in found[2] or column > len(query.rstrip())
    told = "the statement ends too early" if at_end else f"cannot be read from `{what}` on"
    return QueryInvalid(told, column=min(column, len(query) or 1))


def _about_the_statement(sentence: str, query: str, *, hint: str) -> QueryInvalid:
    reason = _TABLE_ALIAS.sub("", _AFTER.split(sentence, maxsplit=1)[0].rstrip(". :"))
    reason = _CODE_NAME.sub("", reason)[:400]
    if _OURS.search(reason) and not _is_quoted_from(reason, query):
        return QueryInvalid("the statement cannot be run: types or names in it do not fit")
    places = (locate(name, query) for name in _TICKED.findall(reason))
    column = next(filter(None, places), None)
    return QueryInvalid(reason or "the statement cannot be run", hint=hint, column=column)


def _is_quoted_from(reason: str, query: str) -> bool:
    return all(found.group() in query for found in _OURS.finditer(reason))


def _too_large(message: str, limit: str, *, hint: str = "ask for a shorter time range") -> QueryTooLarge:
    return QueryTooLarge(message, hint=hint, limit=limit)
