"""Who need not hear of an alert: silences and inhibition."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Silence
from spanglass_server.model.series import Labels
from spanglass_server.notify.config import InhibitRule
from spanglass_server.notify.matchers import is_match
from spanglass_server.notify.notification import fingerprint_of


class Mute(NamedTuple):
    silenced_by: Sequence[str] = ()
    """Ids of the active silences that match."""
    inhibited_by: Sequence[str] = ()
    """The fingerprint of a firing alert that inhibits it."""

    @property
    def is_muted(self) -> bool:
        return bool(self.silenced_by or self.inhibited_by)


class Muting:
    """Of one moment: built from the alerts and silences there are, then asked about many alerts."""

    def __init__(
        self, rules: Sequence[InhibitRule], silences: Iterable[Silence], alerts: Iterable[Alert], now_ms: int
    ) -> None:
        self._silences = _by_equality(silence for silence in silences if silence.state(now_ms) == "active")
        self._known: dict[Labels, Mute] = {}
        firing = [alert for alert in alerts if not alert.ends_at_ms] if rules else []
        self._rules = [(rule, _sources(rule, firing)) for rule in rules]

    def look(self, labels: Labels) -> Mute:
        known = self._known.get(labels)
        if known is None:
            by_name = dict(labels)
            known = self._known[labels] = Mute(self._silencers(labels, by_name), self._inhibitors(by_name))
        return known

    def _silencers(self, labels: Labels, by_name: Mapping[str, str]) -> Sequence[str]:
        return [
            silence.id
            for key in (_ANY, *labels)
            for silence in self._silences.get(key, ())
            if is_match(silence.matchers, by_name)
        ]

    def _inhibitors(self, labels: Mapping[str, str]) -> Sequence[str]:
        for rule, sources in self._rules:
            if not is_match(rule.target, labels):
                continue
            # What is source and target at once is inhibited by other kinds of sources only, never by itself.
            is_both = is_match(rule.source, labels)
            for source in sources.get(_equal_values(rule, labels), ()):
                if not (is_both and is_match(rule.target, dict(source))):
                    return [fingerprint_of(source)]
        return []


_ANY: Final = ("", "")
"""Of silences that no single label has to equal: all alerts are compared with them."""


def _by_equality(silences: Iterable[Silence]) -> Mapping[tuple[str, str], Sequence[Silence]]:
    """By a label that has to equal a value: most silences name an alert, and few alerts have that name."""
    found: dict[tuple[str, str], list[Silence]] = {}
    for silence in silences:
        keys = [(name, value) for name, op, value in silence.matchers if op == "=" and value]
        found.setdefault(keys[0] if keys else _ANY, []).append(silence)
    return found


def _sources(rule: InhibitRule, firing: Iterable[Alert]) -> Mapping[tuple[str, ...], Sequence[Labels]]:
    """The label sets of the alerts that inhibit, by their values of the labels that have to be equal."""
    found: dict[tuple[str, ...], list[Labels]] = {}
    for alert in firing:
        labels = dict(alert.labels)
        if is_match(rule.source, labels):
            found.setdefault(_equal_values(rule, labels), []).append(alert.labels)
    return found


def _equal_values(rule: InhibitRule, labels: Mapping[str, str]) -> tuple[str, ...]:
    """A label that is absent on both sides is equal, as in Alertmanager."""
    return tuple(labels.get(name, "") for name in rule.equal)
