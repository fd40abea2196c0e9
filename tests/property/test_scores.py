"""Whatever JSON a sender calls a score, it is either taken, and then stays what it was, or refused."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.model.score import SCORE_SOURCES, SCORE_TYPES
from spanglass_server.normalize.scores import normalize_score
from spanglass_server.wire.scores import (
    LANGFUSE_DATA_TYPES,
    LANGFUSE_SOURCES,
    RefusedScoreError,
    ScoreRecord,
    decode_scores,
    encode_scores,
    parse_json,
    read_langfuse_score,
    read_score,
)

texts = st.text(st.characters(codec=None), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
OWN = {
    "id": texts,
    "name": texts,
    "value": scalars,
    "data_type": st.sampled_from(SCORE_TYPES),
    "trace_id": texts,
    "span_id": texts,
    "session_id": texts,
    "timestamp": st.datetimes().map(lambda time: time.isoformat() + "Z"),
    "source": st.sampled_from(SCORE_SOURCES),
    "comment": texts,
    "metadata": st.dictionaries(texts, anything, max_size=3),
}
LANGFUSE = {
    "id": texts,
    "name": texts,
    "value": scalars,
    "dataType": st.sampled_from([word.upper() for word in SCORE_TYPES]),
    "traceId": texts,
    "observationId": texts,
    "metadata": anything,
}


def test_both_spellings_know_every_type_and_source() -> None:
    assert set(LANGFUSE_DATA_TYPES.values()) == set(SCORE_TYPES)
    assert set(LANGFUSE_SOURCES.values()) == set(SCORE_SOURCES)


def bodies(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    odd = {name: values | anything for name, values in fields.items()}
    return st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries({}, optional=odd) | anything


def check(body: Any, read: Any) -> None:
    sent = json.dumps(body).encode()
    try:
        record = read(parse_json(sent))
    except RefusedScoreError as problem:
        refusal = problem
    else:
        check_taken(record)
        return
    assert refusal.hint
    orjson.dumps(refusal.reason)


def check_taken(record: ScoreRecord) -> None:
    (kept,) = decode_scores(encode_scores([record]))
    # NaN and infinities in metadata become null, as JSON has none.
    assert kept._replace(metadata=None) == record._replace(metadata=None)
    assert decode_scores(encode_scores([kept])) == [kept]
    score = normalize_score(record, project_id="p", now_ns=7, version=9)
    assert (score.value is None) == (score.data_type in ("categorical", "text", "correction"))
    assert score.name
    orjson.dumps(list(score))
    orjson.loads(score.metadata)


@given(bodies(OWN))
def test_a_score_is_taken_whole_or_refused_with_a_hint(body: Any) -> None:
    check(body, read_score)


@given(bodies(LANGFUSE))
def test_a_score_in_langfuses_spelling_is_taken_whole_or_refused_with_a_hint(body: Any) -> None:
    check(body, read_langfuse_score)
