"""Printing a filter and parsing it again gives the same filter, whatever it holds."""

from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import And, Expression, Not, Or, Term, Text
from spanglass_server.query.fields import Field, Target, fields_of
from spanglass_server.query.parse import parse_filter
from spanglass_server.query.printer import print_filter

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
numbers = st.floats(-1e12, 1e12) | st.integers(-(10**12), 10**12).map(float)


def terms_of(field: Field) -> st.SearchStrategy[Term]:
    names = texts.map(lambda key: field.name + key) if field.is_open else st.just(field.name)
    if field.is_ordered:
        compared = st.builds(
            Term,
            field=names,
            operator=st.sampled_from(["=", "<", "<=", ">", ">="]),
            value=numbers | st.none(),
        )
        return compared.map(lambda term: term if term.value is not None else _equal(term))
    if field.type == "enum":
        values: st.SearchStrategy[str | bool] = st.sampled_from(field.choices)
    elif field.type == "bool":
        values = st.booleans()
    else:
        values = texts
    return st.builds(Term, field=names, operator=st.just("="), value=values | st.none())


def _equal(term: Term) -> Term:
    return Term(field=term.field, operator="=", value=None)


def expressions(target: Target) -> st.SearchStrategy[Expression]:
    leaves: st.SearchStrategy[Expression] = st.one_of(
        *(terms_of(field) for field in fields_of(target)),
        texts.filter(lambda text: bool(text.strip())).map(lambda text: Text(text=text, is_phrase=True)),
        st.from_regex(r"[a-z가-힣]{3,8}", fullmatch=True)
        .filter(lambda text: text not in ("and", "not"))
        .map(lambda text: Text(text=text, is_phrase=False)),
    )
    return st.recursive(leaves, _joined, max_leaves=8)


def _joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        inner.map(lambda operand: Not(operand=operand)),
        several.map(lambda operands: _flat(And, operands)),
        several.map(lambda operands: _flat(Or, operands)),
    )


def _flat(make: type[And] | type[Or], operands: list[Expression]) -> Expression:
    flat: list[Expression] = []
    for operand in operands:
        flat.extend(operand.operands if isinstance(operand, make) else [operand])
    return make(operands=tuple(flat))


@given(expressions("traces"))
def test_a_printed_filter_of_traces_parses_to_itself(expression: Expression) -> None:
    assert parse_filter(print_filter(expression, "traces"), "traces") == expression


@given(expressions("spans"))
def test_a_printed_filter_of_spans_parses_to_itself(expression: Expression) -> None:
    assert parse_filter(print_filter(expression, "spans"), "spans") == expression


WORDS = "kind duration cost attributes. has not and or llm 2s null 환불 x"
MARKS = ': > >= = ~ ( ) " , - ! .. * \\ && ||'
fragments = st.sampled_from([*WORDS.split(), *MARKS.split(), " ", "\n"])


@given(st.text(max_size=60) | st.lists(fragments, max_size=20).map("".join))
def test_any_text_is_a_filter_or_a_clear_error(text: str) -> None:
    found = parsed_or_error(text)
    if isinstance(found, QueryInvalid):
        assert found.message
        assert found.column is None or 0 <= found.column <= len(text)
    elif found is not None:
        assert parse_filter(print_filter(found, "traces"), "traces") == found


def parsed_or_error(text: str) -> Expression | QueryInvalid | None:
    try:
        return parse_filter(text, "traces")
    except QueryInvalid as error:
        return error
