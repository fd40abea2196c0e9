"""What a span's keys decide is looked up: the look-up must not change what a span means."""

import pytest

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.identity import IDENTITY_SLOTS, NO_IDENTITY, read_identity
from spanglass_server.normalize.models import MODEL_SLOTS, NO_MODELS, read_models
from spanglass_server.normalize.outcome import (
    ANSWER_SLOTS,
    read_finish_reasons,
    read_streaming,
    read_ttft_ns,
)
from spanglass_server.normalize.parameters import PARAMETER_SLOTS, read_parameters
from spanglass_server.normalize.shapes import SHAPES_MAX, shape_of
from spanglass_server.normalize.tokens import COST_SLOTS, USAGE_SLOTS, read_reported_cost, read_usage
from spanglass_server.normalize.usage import NO_USAGE
from spanglass_server.wire.records import Resource, Scope, SpanRecord

RECORD = SpanRecord(
    *("a" * 32, "b" * 16, "", "step", 1, 1, 2, 0, "", {}, (), ()),
    Resource(attributes={}),
    Scope(name="", version="", attributes={}),
)


class Touched(f.Slots):
    """Empty slots that remember which were looked at."""

    def __init__(self) -> None:
        super().__init__([None] * f.FIELD_COUNT)
        self.seen: set[int] = set()

    def __getitem__(self, slot: object) -> object:  # type: ignore[override]
        self.seen.add(slot)  # type: ignore[arg-type]
        return None


@pytest.fixture
def slots() -> Touched:
    return Touched()


def test_an_identity_comes_from_no_other_slots(slots: Touched) -> None:
    assert read_identity(slots, decodes_metadata=False) == NO_IDENTITY
    assert slots.seen <= IDENTITY_SLOTS


def test_models_come_from_no_other_slots(slots: Touched) -> None:
    assert read_models(slots, "") == NO_MODELS
    assert slots.seen <= MODEL_SLOTS


def test_usage_is_unknown_without_its_slots(slots: Touched) -> None:
    others: f.Slots = [None if slot in USAGE_SLOTS else {} for slot in range(f.FIELD_COUNT)]
    assert read_usage(others, dialect="otel_genai", provider="", warnings=[]) is NO_USAGE


def test_a_cost_comes_from_no_other_slots(slots: Touched) -> None:
    assert read_reported_cost(slots) is None
    assert slots.seen <= COST_SLOTS


def test_parameters_come_from_no_other_slots(slots: Touched) -> None:
    assert read_parameters(slots, "openlit") == ""
    assert slots.seen <= PARAMETER_SLOTS


def test_an_answer_is_told_by_no_other_slots(slots: Touched) -> None:
    assert read_streaming(RECORD, slots, dialect="strands") is None
    assert read_ttft_ns(RECORD, slots, dialect="openlit", is_streamed=False) is None
    assert read_finish_reasons(RECORD, slots) == ()
    assert slots.seen - {f.INPUT_TOKENS} <= ANSWER_SLOTS


def test_keys_of_one_field_are_tried_in_the_order_in_which_they_are_believed() -> None:
    for keys in (("gen_ai.response.model", "llm.model_name"), ("llm.model_name", "gen_ai.response.model")):
        reads = shape_of(dict.fromkeys(keys, "")).reads
        first = next(read for read in reads if read.slot == f.RESPONSE_MODEL)
        assert first.key == "gen_ai.response.model"


def test_endless_sets_of_keys_are_understood_like_the_first() -> None:
    first = shape_of({"user.id": "u", "key.0": 1})
    for number in range(1, SHAPES_MAX + 2):
        assert shape_of({"user.id": "u", f"key.{number}": 1}).reads == first.reads
    assert shape_of({"user.id": "u", "key.0": 1}) == first
