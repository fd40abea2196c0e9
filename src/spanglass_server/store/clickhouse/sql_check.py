"""Whether users' SQL is one SELECT over our tables and harmless functions, decided on ClickHouse's reading.

Nothing here parses SQL: two parsers never agree on everything, and an attack lives where they differ.
ClickHouse prints the statement anew (`formatQuerySingleLine`, which takes exactly one and runs nothing), and
that text is what runs. It is looked at twice, independently:

- its words (`check_words`): no keyword that reaches beyond a SELECT, and before each bracket a function that
  is allowed. The printed text has no comments, one way of quoting, and keywords in capitals.
- ClickHouse's syntax tree of it (`check_tree`): nodes, functions and tables from lists of what is allowed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import SQL_DEPTH_MAX
from spanglass_server.store.clickhouse.sql_functions import TABLE_FUNCTIONS, is_allowed
from spanglass_server.store.clickhouse.sql_tables import VIEW_OF


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<quoted>`(?:[^`\\]|\\.|``)*`)
    | (?P<parameter>\{(?P<name>\w+)\s*:\s*(?P<type>[^{}]+)\})
    | (?P<number>\d[\w.]*(?:(?<=[eE])[+-]\d+)?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<sign>->|::|:|<=>|!=|<>|<=|>=|==|\|\||[-+*/%=<>.,?^@])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f`\\\"\u2028\u2029]{1,128}")
_KEYWORDS_BEFORE_BRACKET: Final = _words(
    """SELECT DISTINCT FROM WHERE PREWHERE HAVING QUALIFY ON USING AS IN AND OR NOT BY OVER JOIN UNION ALL
    EXCEPT INTERSECT LIMIT OFFSET THEN ELSE WHEN CASE BETWEEN LIKE ILIKE IS SETS ROLLUP CUBE INTERPOLATE
    REPLACE TO STEP WITH COLUMNS DIV MOD PRECEDING FOLLOWING ROWS RANGE RECURSIVE TIES NULLS"""
)
_REFUSED: Final = {
    "SETTINGS": "settings cannot be changed",
    "FORMAT": "the format is chosen beside the statement",
    "OUTFILE": "a statement cannot write files",
    "APPLY": "write the functions out",
    "SAMPLE": "filter by cityHash64(trace_id) % 10 = 0 instead",
    "FINAL": "every row is there once already",
    "PARALLEL": "one statement is run at a time",
    "STREAM": "a statement reads what is stored",
}
_TYPES_REFUSED: Final = re.compile(r"AggregateFunction|Identifier|Object\s*\(|Dynamic|Variant", re.IGNORECASE)
_STATES: Final = re.compile("AggregateFunction", re.IGNORECASE)

_NODES: Final = _words(
    """SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList Subquery WithElement
    Identifier Literal Function TablesInSelectQuery TablesInSelectQueryElement TableExpression
    TableIdentifier TableJoin ArrayJoin Asterisk QualifiedAsterisk ColumnsTransformerList
    ColumnsExceptTransformer ColumnsReplaceTransformer ColumnsReplaceTransformer::Replacement
    ColumnsRegexpMatcher ColumnsListMatcher QualifiedColumnsRegexpMatcher QualifiedColumnsListMatcher
    WindowListElement WindowDefinition OrderByElement InterpolateElement QueryParameter"""
)
_ROOT: Final = "SelectWithUnionQuery"
_BOUND: Final = "_cast"
"""What the engine puts around a bound parameter; users cannot write it, `check_words` sees to that."""
_ALIAS: Final = re.compile(r" \(alias [^\n]*?\)(?= \(children \d+\)$|$)")
_CHILDREN: Final = re.compile(r" \(children \d+\)$")
_CTE: Final = re.compile(r"(?:`([^`\\]+)`|([A-Za-z_]\w*))(?: \([^()]*\))? AS \((?=SELECT |WITH |\()")


class Token(NamedTuple):
    kind: str
    text: str

    @property
    def name(self) -> str:
        return self.text[1:-1] if self.kind == "quoted" else self.text


def check_words(printed: str, parameters: Mapping[str, object]) -> None:
    """Raises QueryInvalid for what a statement may not hold, and for a parameter that was not given."""
    tokens = list(_tokens(printed))
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth > SQL_DEPTH_MAX:
            raise QueryInvalid(f"more than {SQL_DEPTH_MAX} brackets inside one another")
        _check_token(token, parameters)
        if index and token.text == "(":
            _check_called(tokens[index - 1])


def table_names(printed: str) -> frozenset[str]:
    """Our tables, and the names that the statement gives to subqueries of its own."""
    return frozenset(VIEW_OF) | frozenset(plain or quoted for quoted, plain in _CTE.findall(printed))


def check_tree(tree: str, tables: frozenset[str]) -> None:
    """`tree`: what EXPLAIN AST prints of the statement. Raises QueryInvalid."""
    nodes = [_node(line) for line in tree.splitlines()]
    if not nodes or nodes[0].kind != _ROOT or nodes[0].depth != 0:
        raise QueryInvalid("only a SELECT can be run", hint="begin with SELECT or WITH")
    for index, node in enumerate(nodes):
        if node.kind not in _NODES or (index and not node.depth):
            raise QueryInvalid(f"this cannot be used here: {node.kind}")
        if node.kind == "TableIdentifier":
            _check_table(node.name, tables)
        if node.kind == "Function":
            is_table = nodes[index - 1].kind == "TableExpression" and nodes[index - 1].depth == node.depth - 1
            _check_function(node.name, is_table=is_table)
            if node.name.lower() in ("in", "notin"):
                _check_set(nodes, index, tables)


class _Node(NamedTuple):
    depth: int
    kind: str
    name: str


def _node(line: str) -> _Node:
    text = line.lstrip(" ")
    kind, _, rest = _ALIAS.sub("", _CHILDREN.sub("", text)).partition(" ")
    return _Node(len(line) - len(text), kind, rest)


def _tokens(printed: str) -> Iterator[Token]:
    position = 0
    while position < len(printed):
        found = _TOKEN.match(printed, position)
        if found is None:
            raise QueryInvalid(f"the character {printed[position]!r} cannot be used here")
        position = found.end()
        kind = found.lastgroup or ""
        if kind in ("name", "type"):
            kind = "parameter"
        if kind != "space":
            yield Token(kind, found.group())


def _check_token(token: Token, parameters: Mapping[str, object]) -> None:
    match token.kind:
        case "quoted" if not _NAME.fullmatch(token.name):
            raise QueryInvalid("a quoted name holds a character that is not supported in names")
        case "word" if token.text in _REFUSED:
            raise QueryInvalid(f"`{token.text}` cannot be used", hint=_REFUSED[token.text])
        case "string" if _STATES.search(token.text):
            raise QueryInvalid("states of aggregate functions are not supported")
        case "parameter":
            _check_parameter(token.text[1:-1], parameters)


def _check_parameter(text: str, parameters: Mapping[str, object]) -> None:
    name, _, kind = (part.strip() for part in text.partition(":"))
    if _TYPES_REFUSED.search(kind):
        raise QueryInvalid(f"the parameter `{name}` cannot have the type {kind}")
    if name not in parameters:
        raise QueryInvalid(
            f"the statement needs a value for its parameter `{name}`", hint="send it in `parameters`"
        )


def _check_called(before: Token) -> None:
    if before.kind not in ("word", "quoted"):
        return
    if before.kind == "word" and before.text in _KEYWORDS_BEFORE_BRACKET:
        return
    name = before.name
    if not is_allowed(name) and name.lower() not in TABLE_FUNCTIONS and not _is_harmless(before):
        raise _not_allowed(name)


def _is_harmless(before: Token) -> bool:
    """A name with a list of columns, `WITH t(a, b) AS`, is no call; the tree tells them apart."""
    return before.name in VIEW_OF


def _check_function(name: str, *, is_table: bool) -> None:
    if is_table:
        if name.lower() not in TABLE_FUNCTIONS:
            raise QueryInvalid(
                f"the table function `{name}` is not available", hint="numbers and generate_series are"
            )
    elif name.lower() != _BOUND and not is_allowed(name):
        raise _not_allowed(name)


def _not_allowed(name: str) -> QueryInvalid:
    return QueryInvalid(
        f"the function `{name}` is not available", hint="GET /api/v1/sql/schema lists those that are"
    )


def _check_table(name: str, tables: Iterable[str]) -> None:
    if name not in tables:
        raise QueryInvalid(f"there is no table `{name}`", hint=f"the tables are {', '.join(VIEW_OF)}")


def _check_set(nodes: list[_Node], index: int, tables: frozenset[str]) -> None:
    """The right side of IN may be a bare name, which the engine takes for a table."""
    arguments = [node for node in _below(nodes, index) if node.depth == nodes[index].depth + 2]
    for node in arguments[1:]:
        if node.kind == "Identifier":
            _check_table(node.name, tables)


def _below(nodes: list[_Node], index: int) -> Iterator[_Node]:
    for node in nodes[index + 1 :]:
        if node.depth <= nodes[index].depth:
            return
        yield node
