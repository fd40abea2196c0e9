"""Differences between runs, held to a published example."""

from collections.abc import Mapping, Sequence

import pytest

from spanglass_server.quality.experiment_statistics import (
    ItemResult,
    ItemScore,
    compare_runs,
    difference_of,
    is_changed,
    mean_interval,
    sign_test,
    summarize,
)

# Hours of sleep gained by two drugs, the same ten patients: Student (1908), "The probable error of a mean".
FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def result(item_id: str, scores: Mapping[str, ItemScore], **fields: object) -> ItemResult:
    told = ItemResult(
        item_id=item_id, trace_id=f"t-{item_id}", span_id="", start_ns=1, latency_ns=10, cost_usd=0.5,
        is_unpriced=False, input_tokens=3, output_tokens=None, is_error=False, error_message="",
        output_hash=7, scores=scores,
    )  # fmt: skip
    return told._replace(**fields)


def run(values: Sequence[float], qualities: Sequence[float | None] = ()) -> dict[str, ItemResult]:
    given = qualities or [None] * len(values)
    return {
        str(n): result(str(n), {"sleep": ItemScore(value, "", quality, "")})
        for n, (value, quality) in enumerate(zip(values, given, strict=True))
    }


def test_the_paired_difference_is_students() -> None:
    paired = compare_runs(run(FIRST), run(SECOND), "sleep")
    assert (paired.pairs, paired.wins, paired.losses, paired.ties) == (10, 9, 0, 1)
    assert paired.difference == pytest.approx(1.58)
    assert (paired.low, paired.high) == (pytest.approx(0.7001142), pytest.approx(2.4598858))
    assert paired.p_value == pytest.approx(0.00283289, rel=1e-5)
    assert paired.sign_p_value == pytest.approx(2 / 2**9)
    assert paired.scale == "value"


def test_quality_decides_what_is_better_where_every_score_has_one() -> None:
    paired = compare_runs(run([8], [0.2]), run([2], [0.8]), "sleep")
    assert (paired.scale, paired.wins, paired.difference) == ("quality", 1, pytest.approx(0.6))
    mixed = compare_runs(run([8], [0.2]), run([2], [None]), "sleep")
    assert (mixed.scale, mixed.losses) == ("value", 1)


def test_only_items_that_both_have_scored_are_compared() -> None:
    before, after = run([1, 1]), run([0])
    after["9"] = result("9", {"sleep": ItemScore(1, "", None, "")})
    before["1"] = before["1"]._replace(scores={})
    paired = compare_runs(before, after, "sleep")
    assert (paired.pairs, paired.losses, paired.low) == (1, 1, None)
    assert compare_runs({}, {}, "sleep")[2:] == (0, 0, 0, 0, None, None, None, None, None)


def test_differences_too_small_to_mean_anything_are_ties() -> None:
    paired = compare_runs(run([0.1 + 0.2, 1]), run([0.3, 1]), "sleep")
    assert (paired.ties, paired.p_value, paired.sign_p_value) == (2, 1.0, None)
    assert difference_of(run([0.1 + 0.2])["0"], run([0.3])["0"], "sleep", "value") == 0.0
    assert difference_of(None, run([0.3])["0"], "sleep", "value") is None


def test_the_sign_test_goes_on_beyond_a_thousand() -> None:
    assert sign_test(0, 0) is None
    assert sign_test(5, 5) == 1.0
    assert sign_test(540, 460) == pytest.approx(0.0124, abs=0.0005)
    assert sign_test(5_400, 4_600) == pytest.approx(1.3e-15, rel=0.2)


def test_an_interval_needs_two_values() -> None:
    assert mean_interval([]) == (None, None, None, None)
    assert mean_interval([3.0]) == (3.0, None, None, None)
    assert mean_interval([3.0, 3.0])[:3] == (3.0, 3.0, 3.0)


def test_a_summary_leaves_out_what_is_not_stored() -> None:
    good = ItemScore(1.0, "good", None, "")
    gone = result("b", {}, start_ns=None, latency_ns=None, cost_usd=None, input_tokens=None)
    told = summarize([result("a", {"verdict": good}), gone, result("c", {}, is_error=True, latency_ns=30)])
    assert (told.item_count, told.missing_count, told.error_count) == (3, 1, 1)
    assert (told.cost_usd, told.input_tokens, told.output_tokens, told.latency_p50_ns) == (1.0, 6, None, 20)
    assert told.scores[0].labels == {"good": 1}


def test_an_item_is_changed_by_its_output_its_outcome_or_a_score() -> None:
    one = run([1])["0"]
    comment = one._replace(scores={"sleep": one.scores["sleep"]._replace(comment="another reason")})
    assert not is_changed(one, comment)
    assert not is_changed(None, None)
    others = (one._replace(output_hash=8), one._replace(is_error=True), run([2])["0"], None)
    assert all(is_changed(one, other) for other in others)
