"""The dispatcher of one project: alerts in, messages that are due out. Pure; time and randomness are given.

    receive(alerts)       what rules say, each evaluation
    take_due(now_ms)      messages to deliver now; the caller delivers them, in any order, at once
    settle(delivery, ...) how each of them went
    drain()               what has to be stored, so that a restart goes on from there

As Alertmanager: alerts take the routes that match and gather in groups; a group is looked at (flushed)
group_wait after its first alert and every group_interval from then on; then each integration of its receiver
hears of it where the notification log does not say that it knows already. Unlike Alertmanager a failed
delivery keeps its growing pause from flush to flush, so a receiver that was down for an hour is not hammered,
and hears once, of what is true by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from spanglass_server.base.limits import NOTIFICATION_ALERTS_MAX, NOTIFICATION_LOG_KEPT_MS
from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import LogEntry, LogKey, Silence
from spanglass_server.model.series import Labels
from spanglass_server.notify.config import NotificationConfig, Receiver, Route
from spanglass_server.notify.integrations.base import Integration
from spanglass_server.notify.lanes import Content, Lane, Random, RateLimit, needs_telling
from spanglass_server.notify.matchers import print_labels
from spanglass_server.notify.muting import Mute, Muting
from spanglass_server.notify.notification import Notification, fingerprint_of

_CLOCK_JUMP_MS: Final = 60_000
"""A longer gap between two looks is a suspended machine, or a clock that was put forward."""
_RESOLVED_KEPT_MS: Final = 24 * 3_600_000
"""A receiver that refuses every message must not keep ended alerts for ever."""


class Delivery(NamedTuple):
    """A message that is due. Give it back to `settle`."""

    key: LogKey
    integration: Integration
    notification: Notification
    content: Content
    number: int
    """Of the try, from 1."""


class Changes(NamedTuple):
    """What happened since the last time, to be stored."""

    changed: Sequence[Alert]
    gone: Sequence[Alert]
    told: Sequence[LogEntry]


class GroupView(NamedTuple):
    labels: Labels
    receiver: str
    alerts: Sequence[Alert]


@dataclass(slots=True)
class Counts:
    """Since the dispatcher was made."""

    alerts_refused: int = 0
    """Beyond NOTIFICATION_ALERTS_MAX."""
    deferred: int = 0
    """Waited for their receiver's rate limit."""
    merged: int = 0
    """Never sent, because a newer one about the same group took their place while they waited."""


@dataclass(slots=True)
class _Group:
    route: Route
    labels: Labels
    key: str
    """Alertmanager's, shown to receivers."""
    next_flush_ms: int
    lanes: list[Lane]
    alerts: dict[Labels, Alert] = field(default_factory=dict)
    has_flushed: bool = False
    ended: dict[Labels, Alert] = field(default_factory=dict)
    """The resolved alerts of the last flush: they go once every integration knows."""


class Dispatcher:
    """Of one project. Not safe from several threads at once."""

    def __init__(
        self,
        config: NotificationConfig,
        *,
        project_id: str,
        random: Random,
        alerts: Iterable[Alert] = (),
        log: Iterable[LogEntry] = (),
        now_ms: int,
    ) -> None:
        """`alerts` and `log`: as stored before a restart."""
        self.counts = Counts()
        self._project_id = project_id
        self._random = random
        self._config = config
        self._silences: Sequence[Silence] = ()
        # A time ahead was written before the clock was put back.
        self._log = {entry.key: entry._replace(time_ms=min(entry.time_ms, now_ms)) for entry in log}
        self._lanes: dict[LogKey, Lane] = {}
        self._limits: dict[tuple[str, str], RateLimit] = {}
        self._groups: dict[tuple[str, Labels], _Group] = {}
        self._group_of: dict[LogKey, _Group] = {}
        self._places: dict[Labels, Sequence[tuple[Route, Labels]]] = {}
        self._now_ms = now_ms
        self._heard_floor_ms = now_ms
        """Nobody was listening before: silence until then does not end an alert."""
        self._changed: dict[Labels, Alert] = {}
        self._gone: dict[Labels, Alert] = {}
        self._told: dict[LogKey, LogEntry] = {}
        self._alerts = {alert.labels: alert for alert in alerts}
        self._regroup(now_ms)

    # What comes in

    def reconfigure(self, config: NotificationConfig, now_ms: int) -> None:
        """Groups are made anew; who was told of what, and what is on its way, stays."""
        self._config = config
        self._groups.clear()
        self._group_of.clear()
        self._places.clear()
        self._limits.clear()
        self._lanes = {key: lane for key, lane in self._lanes.items() if lane.is_in_flight}
        self._regroup(now_ms)

    def set_silences(self, silences: Sequence[Silence]) -> None:
        self._silences = silences

    def receive(self, alerts: Iterable[Alert], now_ms: int) -> None:
        for alert in alerts:
            old = self._alerts.get(alert.labels)
            if old is None and alert.ends_at_ms and not self._was_told(alert):
                continue
            if old is None and len(self._alerts) >= NOTIFICATION_ALERTS_MAX:
                self.counts.alerts_refused += 1
                continue
            merged = _merged(old, alert)
            self._alerts[alert.labels] = merged
            if old is None or _is_told_differently(old, merged):
                self._changed[alert.labels] = merged
            self._gone.pop(alert.labels, None)
            self._assign(merged, now_ms)

    # What goes out

    def take_due(self, now_ms: int, *, deliveries_max: int = 1_000_000) -> Sequence[Delivery]:
        """At most one for each integration and group at a time; the next one after `settle`."""
        self._notice_clock(now_ms)
        self._end_unheard(now_ms)
        due = [group for group in self._groups.values() if group.next_flush_ms <= now_ms]
        if due:
            muting = self.muting(now_ms)
            for group in due:
                self._flush(group, muting, now_ms)
        deliveries = self._take_pending(now_ms, deliveries_max)
        for group in due:
            self._prune(group, now_ms)
        self._forget_ended()
        return deliveries

    def settle(
        self,
        delivery: Delivery,
        now_ms: int,
        *,
        error: str = "",
        is_retryable: bool = False,
        retry_after_ms: int = 0,
    ) -> None:
        """`error` is empty where it was delivered."""
        lane = self._lanes.get(delivery.key)
        if not error:
            self._note_told(delivery.key, delivery.content, now_ms)
        group = self._group_of.get(delivery.key)
        if lane is None or group is None:
            # The group went with a reconfiguration while this was on its way.
            self._lanes.pop(delivery.key, None)
            return
        lane.is_in_flight = False
        if not error:
            lane.succeed()
        elif is_retryable:
            lane.fail(now_ms, retry_after_ms=retry_after_ms, random=self._random)
            lane.pending = delivery.content
            # Retry-After is about the receiver, not about this group.
            limit = self._limit_of(delivery.key)
            limit.not_before_ms = max(limit.not_before_ms, now_ms + retry_after_ms if retry_after_ms else 0)
        else:
            lane.has_given_up = True
        if lane.newer is not None:
            # Only now is it known what the receiver knows: what was in flight may be all of it, or none.
            newer, lane.newer = lane.newer, None
            self._offer(lane, newer, now_ms)
        self._prune(group, now_ms)

    def next_due_ms(self) -> int | None:
        """When `take_due` has something to do at the earliest, if nothing comes in."""
        times = [group.next_flush_ms for group in self._groups.values()]
        times += [
            max(lane.retry_at_ms, self._limit_of(lane.key).free_at_ms())
            for lane in self._lanes.values()
            if lane.pending is not None and not lane.is_in_flight
        ]
        times += [
            max(alert.updated_at_ms, self._heard_floor_ms) + self._config.resolve_timeout_ms
            for alert in self._alerts.values()
            if not alert.ends_at_ms
        ]
        return min(times, default=None)

    def drain(self) -> Changes:
        changes = Changes(list(self._changed.values()), list(self._gone.values()), list(self._told.values()))
        self._changed, self._gone, self._told = {}, {}, {}
        return changes

    # What is shown

    @property
    def is_idle(self) -> bool:
        """Nothing is held, and nothing on its way."""
        return not self._alerts and not self._groups and not self._lanes

    def list_alerts(self) -> Sequence[Alert]:
        return list(self._alerts.values())

    def list_groups(self) -> Sequence[GroupView]:
        return [
            GroupView(group.labels, group.route.receiver, list(group.alerts.values()))
            for group in self._groups.values()
        ]

    def muting(self, now_ms: int) -> Muting:
        return Muting(self._config.inhibit_rules, self._silences, self._alerts.values(), now_ms)

    def look(self, labels: Labels, now_ms: int) -> Mute:
        return self.muting(now_ms).look(labels)

    # Groups

    def _regroup(self, now_ms: int) -> None:
        for alert in self._alerts.values():
            self._assign(alert, now_ms)

    def _assign(self, alert: Alert, now_ms: int) -> None:
        if self._config.route is None:
            return
        for route, labels in self._places_of(alert.labels, self._config.route):
            group = self._groups.get((route.id, labels)) or self._open_group(route, labels, now_ms)
            group.alerts[alert.labels] = alert
            if not group.has_flushed and alert.starts_at_ms + route.group_wait_ms < now_ms:
                group.next_flush_ms = min(group.next_flush_ms, now_ms)

    def _places_of(self, labels: Labels, root: Route) -> Sequence[tuple[Route, Labels]]:
        """The routes that an alert takes, each with the labels of its group there; found once."""
        places = self._places.get(labels)
        if places is None:
            places = [(route, route.group_labels(labels)) for route in root.find(dict(labels))]
            self._places[labels] = places
        return places

    def _open_group(self, route: Route, labels: Labels, now_ms: int) -> _Group:
        key = f"{route.key}:{print_labels(labels)}"
        # Routes beside each other may have the same matchers: their groups are told apart by the place.
        log_key = f"{route.id}|{key}"
        lanes = [
            self._open_lane(LogKey(log_key, route.receiver, name), integration)
            for name, integration in named_integrations(self._config.receivers[route.receiver])
        ]
        group = _Group(route, labels, key, now_ms + route.group_wait_ms, lanes)
        self._groups[route.id, labels] = group
        self._group_of.update({lane.key: group for lane in lanes})
        return group

    def _open_lane(self, key: LogKey, integration: Integration) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key, integration)
        lane.integration = integration
        return lane

    def _flush(self, group: _Group, muting: Muting, now_ms: int) -> None:
        group.next_flush_ms = now_ms + group.route.group_interval_ms
        group.has_flushed = True
        alerts = sorted(group.alerts.values(), key=lambda alert: (alert.starts_at_ms, alert.labels))
        audible: tuple[Alert, ...] = ()
        if not self._config.is_muted_by_time(group.route, now_ms):
            audible = tuple(alert for alert in alerts if not muting.look(alert.labels).is_muted)
        group.ended = self._dealt_with(group, alerts, audible, now_ms)
        content = Content(
            alerts=audible,
            firing=frozenset(fingerprint_of(alert.labels) for alert in audible if not alert.ends_at_ms),
            resolved=frozenset(fingerprint_of(alert.labels) for alert in audible if alert.ends_at_ms),
            repeat_interval_ms=group.route.repeat_interval_ms,
            since_ms=now_ms,
        )
        for lane in group.lanes:
            self._offer(lane, content, now_ms)

    def _dealt_with(
        self, group: _Group, alerts: Iterable[Alert], audible: Iterable[Alert], now_ms: int
    ) -> dict[Labels, Alert]:
        """The ended alerts that may go. One that ended while it was muted stays if a receiver was told that
        it fires: it hears of the end once it is not muted any more. (Alertmanager forgets it, and an incident
        stays open.)"""
        heard = {alert.labels for alert in audible}
        told = {
            fingerprint
            for lane in group.lanes
            if lane.integration.sends_resolved and lane.key in self._log
            for fingerprint in self._log[lane.key].firing
        }
        return {
            alert.labels: alert
            for alert in alerts
            if alert.ends_at_ms
            and (
                alert.labels in heard
                or fingerprint_of(alert.labels) not in told
                or now_ms - alert.ends_at_ms > _RESOLVED_KEPT_MS
            )
        }

    def _offer(self, lane: Lane, content: Content, now_ms: int) -> None:
        if lane.is_in_flight:
            lane.newer = content
            return
        lane.has_given_up = False
        had_pending = lane.pending is not None
        lane.pending = None
        is_due = bool(content.alerts) and needs_telling(content, self._log.get(lane.key), lane.integration)
        if is_due and not content.firing and not lane.integration.sends_resolved:
            self._note_told(lane.key, content, now_ms)
        elif is_due:
            lane.pending = content
            self.counts.merged += had_pending
        if lane.pending is None:
            lane.is_deferred = False

    def _take_pending(self, now_ms: int, deliveries_max: int) -> Sequence[Delivery]:
        waiting = [
            (group, lane)
            for group in self._groups.values()
            for lane in group.lanes
            if lane.pending is not None and not lane.is_in_flight and lane.retry_at_ms <= now_ms
        ]
        # Who waits longest goes first, or a busy group could keep the others out.
        waiting.sort(key=lambda found: found[1].pending.since_ms if found[1].pending else 0)
        deliveries: list[Delivery] = []
        for group, lane in waiting:
            if len(deliveries) >= deliveries_max:
                break
            if self._limit_of(lane.key).take(now_ms):
                deliveries.append(self._deliver(group, lane, now_ms))
            elif not lane.is_deferred:
                lane.is_deferred = True
                self.counts.deferred += 1
        return deliveries

    def _deliver(self, group: _Group, lane: Lane, now_ms: int) -> Delivery:
        content = lane.pending
        assert content is not None
        lane.pending, lane.is_in_flight, lane.is_deferred = None, True, False
        alerts = content.alerts
        if not lane.integration.sends_resolved:
            alerts = tuple(alert for alert in alerts if not alert.ends_at_ms)
        notification = Notification(
            project_id=self._project_id,
            receiver=group.route.receiver,
            group_key=group.key,
            group_labels=group.labels,
            alerts=alerts,
            now_ms=now_ms,
            group_interval_ms=group.route.group_interval_ms,
        )
        return Delivery(lane.key, lane.integration, notification, content, lane.attempts + 1)

    def _note_told(self, key: LogKey, content: Content, now_ms: int) -> None:
        kept_ms = max(NOTIFICATION_LOG_KEPT_MS, 2 * content.repeat_interval_ms)
        # The time of the flush, not of the answer: repeats stay in step with the flushes.
        entry = LogEntry(
            self._project_id, key, content.firing, content.resolved, content.since_ms, now_ms + kept_ms
        )
        self._log[key] = self._told[key] = entry

    # Ends

    def _prune(self, group: _Group, now_ms: int) -> None:
        """Let ended alerts go that every integration knows to have ended."""
        is_settled = all(lane.is_idle and not lane.has_given_up for lane in group.lanes)
        for labels, ended in list(group.ended.items()):
            is_old = now_ms - ended.ends_at_ms > _RESOLVED_KEPT_MS
            if not is_settled and not is_old:
                continue
            del group.ended[labels]
            current = group.alerts.get(labels)
            if current is not None and current.ends_at_ms == ended.ends_at_ms:
                del group.alerts[labels]
        if not group.alerts and all(lane.is_idle for lane in group.lanes):
            self._close_group(group)

    def _close_group(self, group: _Group) -> None:
        self._groups.pop((group.route.id, group.labels), None)
        for lane in group.lanes:
            self._lanes.pop(lane.key, None)
            self._group_of.pop(lane.key, None)

    def _forget_ended(self) -> None:
        """Alerts that ended and stand in no group any more."""
        held = {labels for group in self._groups.values() for labels in group.alerts}
        for labels, alert in list(self._alerts.items()):
            if alert.ends_at_ms and labels not in held:
                self._changed.pop(labels, None)
                self._places.pop(labels, None)
                self._gone[labels] = self._alerts.pop(labels)

    def _was_told(self, alert: Alert) -> bool:
        """Rules repeat ends for a quarter of an hour; most were dealt with long ago."""
        fingerprint = fingerprint_of(alert.labels)
        return any(fingerprint in entry.firing for entry in self._log.values())

    def _end_unheard(self, now_ms: int) -> None:
        """End what rules have not told of for resolve_timeout."""
        for alert in list(self._alerts.values()):
            heard_ms = max(alert.updated_at_ms, self._heard_floor_ms)
            if not alert.ends_at_ms and now_ms - heard_ms >= self._config.resolve_timeout_ms:
                self.receive([alert._replace(ends_at_ms=now_ms)], now_ms)

    def _notice_clock(self, now_ms: int) -> None:
        """After a jump alerts get another resolve_timeout to be told, and nothing waits for a time that was
        reckoned by the old clock."""
        gap_ms = now_ms - self._now_ms
        self._now_ms = now_ms
        if gap_ms > _CLOCK_JUMP_MS or gap_ms < 0:
            self._heard_floor_ms = now_ms
        if gap_ms < 0:
            for group in self._groups.values():
                group.next_flush_ms += gap_ms
            for lane in self._lanes.values():
                lane.retry_at_ms = min(lane.retry_at_ms, now_ms)
            for limit in self._limits.values():
                limit.not_before_ms = min(limit.not_before_ms, now_ms)
            self._log = {
                key: entry._replace(time_ms=entry.time_ms + gap_ms) for key, entry in self._log.items()
            }
        for key in [key for key, entry in self._log.items() if entry.expires_at_ms <= now_ms]:
            del self._log[key]

    def _limit_of(self, key: LogKey) -> RateLimit:
        limit = self._limits.get((key.receiver, key.integration))
        if limit is None:
            receiver = self._config.receivers.get(key.receiver) or Receiver(name=key.receiver)
            limit = RateLimit(receiver.messages_per_minute_max)
            self._limits[key.receiver, key.integration] = limit
        return limit


def named_integrations(receiver: Receiver) -> Sequence[tuple[str, Integration]]:
    """Each with its name: the kind, and its place among its kind, e.g. `slack[0]`."""
    counts: dict[str, int] = {}
    found = []
    for integration in receiver.integrations:
        number = counts.get(integration.kind, 0)
        counts[integration.kind] = number + 1
        found.append((f"{integration.kind}[{number}]", integration))
    return found


def _merged(old: Alert | None, new: Alert) -> Alert:
    """The same firing told again keeps its start."""
    if old is not None and not old.ends_at_ms and old.starts_at_ms < new.starts_at_ms and not new.ends_at_ms:
        return new._replace(starts_at_ms=old.starts_at_ms)
    return new


def _is_told_differently(old: Alert, new: Alert) -> bool:
    """Apart from what changes with every evaluation."""
    return (old.starts_at_ms, old.ends_at_ms, old.generator_url) != (
        new.starts_at_ms,
        new.ends_at_ms,
        new.generator_url,
    )
