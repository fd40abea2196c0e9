"""Notifications' values as the JSON of docs/api.md."""

import math
from typing import Any

from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Attempt, Silence
from spanglass_server.model.series import Matcher
from spanglass_server.notify.muting import Mute
from spanglass_server.notify.notification import fingerprint_of
from spanglass_server.notify.office import AlertView, ReceiverReport
from spanglass_server.web.api.shape import time_text

_MS_NS = 1_000_000


def silence_json(silence: Silence, now_ms: int) -> dict[str, Any]:
    return {
        "id": silence.id,
        "state": silence.state(now_ms),
        "matchers": [matcher_json(matcher) for matcher in silence.matchers],
        "starts_at": ms_text(silence.starts_at_ms),
        "ends_at": ms_text(silence.ends_at_ms),
        "created_by": silence.created_by,
        "comment": silence.comment,
        "updated_at": ms_text(silence.updated_at_ms),
    }


def matcher_json(matcher: Matcher) -> dict[str, str]:
    return {"name": matcher.name, "op": matcher.op, "value": matcher.value}


def alert_json(view: AlertView) -> dict[str, Any]:
    alert, mute = view.alert, view.mute
    return {
        **plain_alert_json(alert),
        "state": _state(mute),
        "silenced_by": list(mute.silenced_by),
        "inhibited_by": list(mute.inhibited_by),
        "receivers": list(view.receivers),
    }


def plain_alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint_of(alert.labels),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": ms_text(alert.starts_at_ms),
        "updated_at": ms_text(alert.updated_at_ms),
        "value": alert.value if math.isfinite(alert.value) else None,
        "expression": alert.expression,
        "generator_url": alert.generator_url,
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "time": ms_text(attempt.time_ms),
        "duration_ms": attempt.duration_ms,
        "receiver": attempt.receiver,
        "integration": attempt.integration,
        "group_key": attempt.group_key,
        "group_labels": attempt.group_labels,
        "status": attempt.status,
        "firing_count": attempt.firing_count,
        "resolved_count": attempt.resolved_count,
        "number": attempt.number,
        "ok": not attempt.error,
        "error": attempt.error or None,
        "will_retry": attempt.is_retried,
    }


def receiver_json(report: ReceiverReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "is_routed": report.is_routed,
        "messages_per_minute": report.messages_per_minute_max,
        "integrations": [
            {
                "name": found.name,
                "kind": found.kind,
                "target": found.target,
                "send_resolved": found.sends_resolved,
                "sent_count": found.sent_count,
                "failed_count": found.failed_count,
                "last_attempt": attempt_json(found.last_attempt) if found.last_attempt else None,
            }
            for found in report.integrations
        ],
    }


def ms_text(time_ms: int) -> str:
    return time_text(time_ms * _MS_NS)


def _state(mute: Mute) -> str:
    return "suppressed" if mute.is_muted else "active"
