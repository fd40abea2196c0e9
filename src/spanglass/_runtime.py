"""The one client of the process, where every entry point finds it. None before `init` and after
`shutdown`."""

from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, Protocol

from spanglass._log import log_once

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from spanglass._settings import Settings


class ScoreSink(Protocol):
    def send_score(self, score: dict[str, object]) -> None:
        """Takes a score in the form of `POST /api/v1/scores`. Never raises, never blocks."""


class Runtime:
    """What a traced call needs, looked up once a call."""

    __slots__ = ("clock", "scores", "settings", "tracer")

    def __init__(
        self,
        *,
        tracer: "Tracer",
        settings: "Settings",
        scores: ScoreSink,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self.tracer = tracer
        self.settings = settings
        self.scores = scores
        self.clock = clock


class _Slot:
    __slots__ = ("is_off", "runtime")

    def __init__(self) -> None:
        self.runtime: Runtime | None = None
        self.is_off = False
        """Switched off on purpose (OTEL_SDK_DISABLED, shutdown): nothing to hint at."""


slot = _Slot()


def hint_at_init() -> None:
    """Says once that nothing is recorded."""
    if not slot.is_off:
        log_once("no_init", "nothing is recorded: call spanglass.init() when the application starts")
