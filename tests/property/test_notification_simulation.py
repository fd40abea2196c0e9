"""Hours of alerts, outages, restarts and clock jumps by a virtual clock: whatever happens, receivers end up
knowing what is true, and are not told the same thing over and over. A failure prints its seed."""

import random
from typing import Final

import pytest
from tests.support.notify_story import DOWN, OK, Answer, Message, Story, webhook_config

_ROUTE: Final = {
    "receiver": "team",
    "group_by": ["alertname"],
    "group_wait": "30s",
    "group_interval": "5m",
    "repeat_interval": "4h",
}
_NAMES: Final = ("Slow", "Dear", "Broken")
_SERVICES: Final = ("a", "b", "c")


class _Simulation:
    """Does something at random every few seconds, and knows what is true."""

    def __init__(self, seed: int, *, jumps: bool) -> None:
        self.random = random.Random(seed)
        self.story = Story(webhook_config(_ROUTE, "team"), seed=seed)
        self.story.latency_ms = self.random.choice([0, 0, 700, 8_000])
        self.story.name = lambda alert: "/".join(value for _, value in alert.labels)
        self.firing: set[tuple[str, str]] = set()
        self.is_jumping = jumps
        self.kill_count = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self._act()
            self.story.advance(self.random.choice([1, 5, 20, 60, 200]), step_s=1)

    def settle(self) -> None:
        """Everything works again, for longer than any pause or interval."""
        self.story.answer = lambda _delivery: OK
        self.story.expire_silences()
        self.story.is_evaluated = True
        self.story.advance(1500, step_s=1)

    def _act(self) -> None:
        what = self.random.choices(
            ["fire", "resolve", "down", "up", "refuse", "restart", "kill", "silence", "jump", "gap"],
            [30, 30, 6, 10, 2, 3, 3, 3, 3 if self.is_jumping else 0, 2],
        )[0]
        getattr(self, f"_{what}")()

    def _fire(self) -> None:
        alert = (self.random.choice(_NAMES), self.random.choice(_SERVICES))
        if alert not in self.firing:
            self.firing.add(alert)
            self.story.fire(alert[0], service=alert[1])

    def _resolve(self) -> None:
        if self.firing:
            alert = self.random.choice(sorted(self.firing))
            self.firing.discard(alert)
            self.story.resolve(alert[0], service=alert[1])

    def _down(self) -> None:
        self.story.answer = lambda _delivery: DOWN

    def _up(self) -> None:
        self.story.answer = lambda _delivery: OK

    def _refuse(self) -> None:
        self.story.answer = lambda _delivery: Answer("gone", is_retryable=False)

    def _restart(self) -> None:
        self.story.restart(down_s=self.random.choice([1, 30, 900]))

    def _kill(self) -> None:
        self.kill_count += 1
        self.story.restart(is_clean=False, down_s=self.random.choice([1, 30]))

    def _silence(self) -> None:
        self.story.silence(f'alertname="{self.random.choice(_NAMES)}"', minutes=self.random.choice([2, 30]))

    def _jump(self) -> None:
        self.story.jump(self.random.choice([-3600, -60, 60, 3600]))

    def _gap(self) -> None:
        """The evaluator is lost for a while, shorter than resolve_timeout."""
        self.story.is_evaluated = False
        self.story.advance(120)
        self.story.is_evaluated = True


def _group_of(message: Message) -> str:
    return (message.firing + message.resolved)[0].partition("/")[0]


@pytest.mark.parametrize("seed", range(40))
def test_receivers_end_up_knowing_what_is_true(seed: int) -> None:
    simulation = _Simulation(seed, jumps=seed % 2 == 1)
    simulation.run(60)
    simulation.settle()
    told = {_group_of(message): message for message in simulation.story.sent}
    for name in _NAMES:
        true = sorted(f"{alert}/{service}" for alert, service in simulation.firing if alert == name)
        found = sorted(told[name].firing) if name in told else []
        assert found == true, f"seed {seed}: {name} was told as {found}, and is {true}"


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_told_twice_without_a_reason(seed: int) -> None:
    """Equal messages in a row come a repeat_interval apart. A kill may repeat what was on its way."""
    simulation = _Simulation(seed, jumps=False)
    simulation.run(60)
    simulation.settle()
    last: dict[str, Message] = {}
    repeated = []
    for message in simulation.story.sent:
        before = last.get(_group_of(message))
        if before and before[3:] == message[3:] and message.at_s - before.at_s < 4 * 3600 - 300:
            repeated.append(message)
        last[_group_of(message)] = message
    assert len(repeated) <= simulation.kill_count, f"seed {seed}: {repeated}"
