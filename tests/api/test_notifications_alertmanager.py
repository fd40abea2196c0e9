"""Alerts handed over to Debian's Alertmanager, which tells them on; and its payload beside ours."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.http_receiver import HttpReceiver
from tests.support.notify_messages import make_integration, make_tools
from tests.support.real_alertmanager import RealAlertmanager

from spanglass_server.model.alert import Alert
from spanglass_server.model.series import labels_of
from spanglass_server.notify.integrations.webhook import to_payload
from spanglass_server.notify.notification import Notification

pytestmark = pytest.mark.slow


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def alertmanager(tmp_path: Path, hook: HttpReceiver) -> Iterator[RealAlertmanager]:
    process = RealAlertmanager(tmp_path / "alertmanager", hook_url=f"{hook.url}/told")
    yield process
    process.close()


def _notification(*, starts_at_ms: int, ends_at_ms: int = 0) -> Notification:
    alerts = [
        Alert(
            project_id="p",
            labels=labels_of({"alertname": "Slow", "feature": feature, "project": "default"}),
            annotations=(("summary", "It's <slow> & \u00fcber"),),
            starts_at_ms=starts_at_ms,
            ends_at_ms=ends_at_ms,
            updated_at_ms=starts_at_ms,
            value=1.0,
            expression="x > 0",
            generator_url="http://spanglass.example/explore?expr=x",
        )
        for feature in ("chat", "search")
    ]
    return Notification(
        project_id="p",
        receiver="hook",
        group_key='{}:{alertname="Slow"}',
        group_labels=(("alertname", "Slow"),),
        alerts=tuple(alerts),
        now_ms=int(time.time() * 1000),
        group_interval_ms=60_000,
    )


def test_a_real_alertmanager_tells_what_is_handed_over_in_the_payload_that_we_send_ourselves(
    alertmanager: RealAlertmanager, hook: HttpReceiver
) -> None:
    integration = make_integration("alertmanager_configs", {"url": alertmanager.url})
    starts_at_ms = int(time.time() * 1000) - 30_000
    firing = _notification(starts_at_ms=starts_at_ms)
    integration.send(firing, make_tools())
    assert len(alertmanager.alerts()) == 2
    told = hook.await_requests(1)[0].json
    ours: Any = to_payload(firing, external_url=told["externalURL"])
    assert _without_ends(told) == _without_ends(ours)
    assert set(told) == set(ours)
    resolved = _notification(starts_at_ms=starts_at_ms, ends_at_ms=int(time.time() * 1000))
    integration.send(resolved, make_tools())
    told = hook.await_requests(2)[1].json
    assert told["status"] == "resolved"
    assert _sorted(told) == _sorted(dict(to_payload(resolved, external_url=told["externalURL"])))


def _without_ends(payload: dict[str, Any]) -> dict[str, Any]:
    """What fires has an end for Alertmanager alone: when it will take it for gone."""
    found = _sorted(payload)
    return {**found, "alerts": [{**alert, "endsAt": None} for alert in found["alerts"]]}


def _sorted(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "alerts": sorted(payload["alerts"], key=lambda alert: str(alert["fingerprint"]))}
