"""The queue's budget of bytes."""

import pytest

from spanglass_server.base.errors import QueueFull
from spanglass_server.ingest.budget import QueueBudget


def test_reservations_share_the_budget_and_give_it_back() -> None:
    budget = QueueBudget(100)
    first, second = budget.open(), budget.open()
    first.grow(60)
    second.grow(40)
    with pytest.raises(QueueFull, match="queue_bytes_max = 100") as raised:
        second.grow(1)
    assert raised.value.retry_after_s >= 1
    assert budget.used == 100
    first.release()
    second.grow(50)
    assert budget.used == 90
    second.release()
    second.release()
    assert budget.used == 0


def test_a_request_larger_than_the_queue_passes_when_it_is_alone() -> None:
    budget = QueueBudget(100)
    large, small = budget.open(), budget.open()
    large.grow(90)
    large.grow(90)
    with pytest.raises(QueueFull):
        small.grow(1)
    large.release()
    small.grow(1)


def test_a_compressed_body_is_given_back_once_it_is_decompressed() -> None:
    budget = QueueBudget(100)
    reservation = budget.open()
    reservation.grow(10)
    reservation.grow(50)
    reservation.shrink(10)
    assert budget.used == reservation.size == 50
