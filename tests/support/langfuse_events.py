"""Batches of Langfuse's ingestion events, as its v2 SDK sends them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parents[1] / "recordings" / "langfuse"
EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_NS = int(EPOCH.timestamp()) * 10**9

Event = dict[str, Any]


def at(seconds: float) -> str:
    """A time so many seconds after EPOCH, as the SDK writes it."""
    return (EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def at_ns(seconds: float) -> int:
    return EPOCH_NS + round(seconds * 10**6) * 1000


def event(kind: str, seconds: float, *, event_id: str = "", **body: Any) -> Event:
    """`event_id`: else made of the other arguments, so that equal events are one."""
    made = json.dumps([kind, seconds, body], sort_keys=True).encode()
    return {
        "id": event_id or hashlib.sha256(made).hexdigest(),
        "type": kind,
        "timestamp": at(seconds),
        "body": body,
    }


def batch_of(*events: Event) -> bytes:
    return json.dumps(
        {"batch": events, "metadata": {"sdk_name": "python", "sdk_version": "2.60.10"}}
    ).encode()


def recording(name: str) -> list[Event]:
    """The events of a recorded request."""
    found: list[Event] = json.loads((RECORDINGS / f"{name}.json").read_text())["batch"]
    return found
