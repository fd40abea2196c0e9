"""How much anyone may send with a public key, and whose pages may."""

import pytest

from spanglass_server.base.errors import Busy
from spanglass_server.web.feedback import FeedbackDoor


class Door:
    def __init__(self) -> None:
        self.now_s = 0.0
        self._door = FeedbackDoor(per_address=6, per_key=10, clock=lambda: self.now_s)

    def admit(self, address: str = "192.0.2.1", key: str = "pk", amount: int = 1) -> int:
        """0 where it is let in, else after how many seconds to come again."""
        try:
            self._door.admit(address=address, key=key, amount=amount)
        except Busy as busy:
            return busy.retry_after_s
        return 0


def test_an_address_may_send_so_many_a_minute_and_comes_again_when_told() -> None:
    door = Door()
    assert [door.admit() for _ in range(6)] == [0] * 6

    wait_s = door.admit()

    assert 0 < wait_s <= 11
    door.now_s += wait_s
    assert door.admit() == 0
    assert door.admit() > 0


def test_a_key_has_a_limit_for_all_addresses_together_and_other_keys_their_own() -> None:
    door = Door()
    admitted = [door.admit(address=f"192.0.2.{number}") for number in range(12)]

    assert admitted.count(0) == 10
    assert door.admit(address="192.0.2.99", key="other") == 0


def test_what_is_refused_costs_nothing() -> None:
    door = Door()
    for number in range(10):
        door.admit(address=f"192.0.2.{number}")
    for _ in range(6):
        door.admit(address="192.0.2.77")

    assert door.admit(address="192.0.2.77", key="other") == 0


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    door = Door()

    assert [door.admit(address=f"2001:db8::{number}") for number in range(6)] == [0] * 6
    assert door.admit(address="2001:db8::ffff") > 0
    assert door.admit(address="2001:db8:1::1") == 0


def test_memory_is_bounded() -> None:
    door = FeedbackDoor(clock=lambda: 0.0, per_key=10**9)
    for number in range(12_000):
        door.admit(address=f"sender {number}", key="pk", amount=1)

    assert len(door._allowances[0][0]._left) == 10_000


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("*",), "https://shop.example.com", "*"),
        (("https://shop.example.com",), "https://shop.example.com", "https://shop.example.com"),
        (("https://shop.example.com",), "https://evil.example", None),
        (("https://shop.example.com",), "null", None),
        ((), "https://shop.example.com", None),
    ],
)
def test_origins_are_named_or_any(origins: tuple[str, ...], origin: str, allowed: str | None) -> None:
    assert FeedbackDoor(origins=origins).allowed_origin(origin) == allowed
