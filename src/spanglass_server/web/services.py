"""What request handlers may reach, handed to the app factory by `app`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from spanglass_server.store.directory import Directory
from spanglass_server.store.ports import Administration, SpanReader

AuthMode = Literal["off", "required"]


class IngestStatus(Protocol):
    """Counters of the ingest since the process started, by their metric's name without prefix."""

    def counters(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    reader: SpanReader
    administration: Administration
    directory: Directory
    ingest: IngestStatus
    auth_mode: AuthMode
    version: str
    engine_name: str
    started_at_ns: int
    now_ns: Callable[[], int]
