"""Which traces are judged: the share that was asked for, the same for everybody."""

import hashlib
import math
import random
import subprocess
import sys

import pytest

from spanglass.evaluators.sampling import is_sampled, sampling_bound, trace_hash

IDS = [f"{random.Random(number).getrandbits(128):032x}" for number in range(20_000)]
_DECIDE = """
import hashlib, random
from spanglass.evaluators import is_sampled
ids = [f"{random.Random(number).getrandbits(128):032x}" for number in range(20_000)]
print(hashlib.sha256("".join("01"[is_sampled(trace_id, 0.05)] for trace_id in ids).encode()).hexdigest())
"""


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.3, 0.5, 0.99])
def test_the_share_is_within_what_chance_allows(rate: float) -> None:
    count = sum(is_sampled(trace_id, rate) for trace_id in IDS)
    # Four standard deviations: one set of ids in 16,000 lies outside.
    assert abs(count - rate * len(IDS)) <= 4 * math.sqrt(len(IDS) * rate * (1 - rate))


def test_counted_ids_are_sampled_as_random_ones_are() -> None:
    """Some tracers count their ids."""
    count = sum(is_sampled(f"{number:032x}", 0.05) for number in range(20_000))
    assert abs(count - 1000) <= 4 * math.sqrt(1000 * 0.95)


def test_a_smaller_share_is_a_part_of_every_larger_one() -> None:
    shares = [{trace_id for trace_id in IDS if is_sampled(trace_id, rate)} for rate in (0.01, 0.05, 0.2, 1.0)]
    assert shares[0] < shares[1] < shares[2] < shares[3]
    assert len(shares[3]) == len(IDS)
    assert not any(is_sampled(trace_id, 0.0) for trace_id in IDS)


def test_two_processes_decide_alike() -> None:
    answers = {
        subprocess.run([sys.executable, "-c", _DECIDE], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    here = hashlib.sha256("".join("01"[is_sampled(each, 0.05)] for each in IDS).encode()).hexdigest()
    assert answers == {f"{here}\n"}


def test_digits_in_capitals_are_the_same_trace() -> None:
    assert trace_hash(IDS[0].upper()) == trace_hash(IDS[0])


def test_bounds_reach_from_none_to_all() -> None:
    assert (sampling_bound(0.0), sampling_bound(0.5), sampling_bound(1.0)) == (0, 2**63, 2**64)
