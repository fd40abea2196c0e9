"""Each project's prices: its own above those of the server. Asked for each request, so from memory."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from spanglass_server.base.errors import BadInput, Busy
from spanglass_server.model.own_price import OwnPrice
from spanglass_server.normalize.own_prices import read_own_prices
from spanglass_server.normalize.prices import PriceBook

_AGE_NS_MAX: Final = 2_000_000_000
"""Prices that another server changed are used this much later at most."""
_PROJECTS_MAX: Final = 10_000


class ProjectPrices:
    """Safe from any thread."""

    def __init__(
        self,
        base: PriceBook,
        load: Callable[[str], Sequence[OwnPrice]],
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._base = base
        self._load = load
        self._monotonic_ns = monotonic_ns
        self._known: dict[str, tuple[int, Sequence[OwnPrice], PriceBook]] = {}
        self._lock = threading.Lock()
        self._log = structlog.get_logger("spanglass.prices")

    def of_project(self, project_id: str) -> PriceBook:
        """At most two seconds old; older while the database is away. Raises StorageUnavailable where it is
        away and the project's prices were never read."""
        now = self._monotonic_ns()
        known = self._known.get(project_id)
        if known is not None and now - known[0] < _AGE_NS_MAX:
            return known[2]
        try:
            own = self._load(project_id)
        except Busy as error:
            if known is None:
                raise
            self._log.warning("own_prices_stale", project_id=project_id, reason=error.message)
            own = known[1]
        # An unchanged book is kept: it remembers the answers to look-ups.
        book = known[2] if known is not None and list(own) == list(known[1]) else self._book(project_id, own)
        with self._lock:
            if len(self._known) >= _PROJECTS_MAX:
                self._known.clear()
            self._known[project_id] = (now, own, book)
        return book

    def load(self) -> None:
        """Read the built-in list now rather than at the first look-up."""
        self._base.load()

    def with_base(self, base: PriceBook) -> "ProjectPrices":
        """The same projects' prices above others of the server; nothing remembered."""
        return ProjectPrices(base, self._load, monotonic_ns=self._monotonic_ns)

    def forget(self, project_id: str) -> None:
        """This server changed them: they are read anew at the next look."""
        with self._lock:
            if (known := self._known.get(project_id)) is not None:
                self._known[project_id] = (known[0] - _AGE_NS_MAX, *known[1:])

    def _book(self, project_id: str, own: Sequence[OwnPrice]) -> PriceBook:
        if not own:
            return self._base
        try:
            return self._base.with_own(read_own_prices(own))
        except BadInput as error:
            # Checked when it was set; an older server's idea of a price must not stop ingest.
            self._log.error("own_prices_unreadable", project_id=project_id, reason=error.message)
            return self._base
