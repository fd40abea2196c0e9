"""Silences as people make, change and end them. Alertmanager's rules (its package silence)."""

from collections.abc import Callable, Sequence

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import SILENCE_TEXT_CHARS_MAX, SILENCES_PER_PROJECT_MAX
from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Silence
from spanglass_server.notify.matchers import is_match, matches_empty
from spanglass_server.store.alerting import NotificationStore


class Silences:
    def __init__(self, store: NotificationStore, *, new_id: Callable[[], str]) -> None:
        self._store = store
        self._new_id = new_id

    def list(self, project_id: str) -> Sequence[Silence]:
        return self._store.list_silences(project_id)

    def get(self, project_id: str, silence_id: str) -> Silence:
        """Raises NotFound."""
        found = self._store.find_silence(project_id, silence_id)
        if found is None:
            raise NotFound(f"there is no silence `{silence_id}`")
        return found

    def put(self, silence: Silence, now_ms: int) -> Silence:
        """Make it (an empty id), or change the one with its id. What has begun cannot begin otherwise, and
        what has ended does not come back: such a change ends the old one and makes a new one, with an id of
        its own. Raises BadInput and NotFound."""
        new = silence._replace(starts_at_ms=max(silence.starts_at_ms, now_ms), updated_at_ms=now_ms)
        if not silence.id:
            return self._make(new, now_ms)
        old = self.get(silence.project_id, silence.id)
        if _is_same_in_kind(old, silence, now_ms):
            changed = new._replace(starts_at_ms=min(old.starts_at_ms, silence.starts_at_ms))
            if old.state(now_ms) == "pending":
                changed = new
            _check(changed, now_ms)
            self._store.put_silences([changed])
            return changed
        _check(new, now_ms)
        ended = [] if old.state(now_ms) == "expired" else [_ended(old, now_ms)]
        made = new._replace(id=self._new_id())
        self._store.put_silences([*ended, made])
        return made

    def expire(self, project_id: str, silence_id: str, now_ms: int) -> Silence:
        """Raises NotFound. One that has expired stays as it is."""
        found = self.get(project_id, silence_id)
        if found.state(now_ms) == "expired":
            return found
        ended = _ended(found, now_ms)
        self._store.put_silences([ended])
        return ended

    def _make(self, silence: Silence, now_ms: int) -> Silence:
        _check(silence, now_ms)
        kept = [one for one in self.list(silence.project_id) if one.state(now_ms) != "expired"]
        if len(kept) >= SILENCES_PER_PROJECT_MAX:
            raise BadInput(
                f"a project has at most {SILENCES_PER_PROJECT_MAX:,} silences at a time",
                hint="let one silence match more, or end some",
            )
        made = silence._replace(id=self._new_id())
        self._store.put_silences([made])
        return made


def matching(silence: Silence, alerts: Sequence[Alert]) -> Sequence[Alert]:
    """The alerts that it silences while it is active."""
    return [alert for alert in alerts if is_match(silence.matchers, dict(alert.labels))]


def _is_same_in_kind(old: Silence, new: Silence, now_ms: int) -> bool:
    """Whether it can be changed in place."""
    if sorted(old.matchers) != sorted(new.matchers) or old.state(now_ms) == "expired":
        return False
    return old.state(now_ms) == "pending" or old.starts_at_ms == new.starts_at_ms


def _ended(silence: Silence, now_ms: int) -> Silence:
    """One that never began starts and ends now."""
    starts_at_ms = min(silence.starts_at_ms, now_ms)
    return silence._replace(starts_at_ms=starts_at_ms, ends_at_ms=now_ms, updated_at_ms=now_ms)


def _check(silence: Silence, now_ms: int) -> None:
    if not silence.matchers:
        raise BadInput("a silence needs a matcher", hint='give one such as alertname="HighLatency"')
    if all(matches_empty(matcher) for matcher in silence.matchers):
        raise BadInput(
            "at least one matcher must not match the empty value, or everything would be silenced",
            hint='give one such as alertname="HighLatency"',
        )
    if not silence.created_by.strip() or not silence.comment.strip():
        raise BadInput("a silence says who made it and why", hint="give `created_by` and `comment`")
    if silence.ends_at_ms <= silence.starts_at_ms:
        raise BadInput("a silence ends after it starts", hint="give a later `ends_at`")
    if silence.ends_at_ms <= now_ms:
        raise BadInput("a silence that ends in the past silences nothing", hint="give a later `ends_at`")
    texts = [silence.created_by, silence.comment, *(text for matcher in silence.matchers for text in matcher)]
    if any(len(text) > SILENCE_TEXT_CHARS_MAX for text in texts) or len(silence.matchers) > 100:
        raise BadInput(
            f"texts of a silence end after {SILENCE_TEXT_CHARS_MAX:,} characters, matchers after 100"
        )
