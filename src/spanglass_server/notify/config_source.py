"""Where configurations come from: the operator's file for all projects, or each project's own text."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from spanglass_server.base.errors import BadInput, Misconfigured, SpanglassError
from spanglass_server.notify.config import NO_RECEIVERS, NotificationConfig
from spanglass_server.notify.config_file import parse_config
from spanglass_server.notify.config_text import restore_secrets
from spanglass_server.notify.integrations.base import Sources
from spanglass_server.store.alerting import NotificationStore, StoredConfig

log = structlog.get_logger(__name__)

_FILE_BYTES_MAX: Final = 1 << 20


class Loaded(NamedTuple):
    """A configuration in force."""

    config: NotificationConfig
    version: int
    """Changes when the configuration does."""
    error: str = ""
    """Why a newer text is not in force."""


@dataclass(slots=True)
class _Known:
    stamp: object
    """Of the text that was read last, good or not."""
    loaded: Loaded


class ConfigSource:
    """Safe from many threads. A text that cannot be read leaves the one before in force."""

    def __init__(self, store: NotificationStore, *, file: Path | None, environ: Mapping[str, str]) -> None:
        self._store = store
        self._file = file
        self._sources = Sources(environ=environ, directory=file.resolve().parent if file else None)
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    @property
    def file(self) -> Path | None:
        """The operator's, which then is the one for all projects."""
        return self._file

    def check_file(self) -> None:
        """At start: raises Misconfigured for a file that is missing or wrong."""
        if self._file is None:
            return
        try:
            parse_config(self._read_file(self._file), self._sources)
        except (OSError, UnicodeDecodeError) as problem:
            raise Misconfigured(
                f"cannot read the notification configuration {self._file}: {problem}",
                hint="check SPANGLASS_NOTIFICATION_CONFIG",
            ) from None
        except BadInput as problem:
            raise Misconfigured(f"{self._file}: {problem.message}", hint=problem.hint) from None

    def load(self, project_id: str) -> Loaded:
        """As it is now. Raises StorageUnavailable."""
        key = "" if self._file else project_id
        stamp, text = self._read(project_id)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known.stamp == stamp:
                return known.loaded
            before = known.loaded if known else Loaded(NO_RECEIVERS, 0)
            loaded = self._parsed(text, before, key)
            self._known[key] = _Known(stamp, loaded)
            return loaded

    def text(self, project_id: str) -> str:
        """With its secrets; empty where there is none. Raises StorageUnavailable."""
        return self._read(project_id)[1] or ""

    def put(self, project_id: str, text: str, *, now_ms: int) -> None:
        """Store a project's own, its masks made into the secrets they stand for. Raises BadInput."""
        self._refuse_beside_file()
        whole = restore_secrets(text, self.text(project_id))
        parse_config(whole, self._sources)
        self._store.put_config(project_id, StoredConfig(whole, now_ms))

    def delete(self, project_id: str) -> None:
        self._refuse_beside_file()
        self._store.delete_config(project_id)

    def _refuse_beside_file(self) -> None:
        if self._file is not None:
            raise BadInput(
                "notifications of this server are configured by its own file",
                hint="edit the file that SPANGLASS_NOTIFICATION_CONFIG names; changes count at once",
            )

    def _parsed(self, text: str | None, before: Loaded, key: str) -> Loaded:
        if text is None:
            return before._replace(error="the file cannot be read")
        try:
            config = parse_config(text, self._sources)
        except SpanglassError as problem:
            log.error("notification_config_refused", project_id=key, reason=problem.message)
            return before._replace(error=problem.message)
        return Loaded(config, before.version + 1)

    def _read(self, project_id: str) -> tuple[object, str | None]:
        """(stamp, text); the text is None for a file that cannot be read."""
        if self._file is None:
            found = self._store.find_config(project_id)
            text = found.text if found else ""
            return text, text
        try:
            text = self._read_file(self._file)
        except (OSError, UnicodeDecodeError) as problem:
            return str(problem), None
        return text, text

    def _read_file(self, path: Path) -> str:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX).decode("utf-8")


def check_config_file(path: Path) -> NotificationConfig:
    """What `spanglass notify check` does: raises BadInput and Misconfigured."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"cannot read {path}: {problem}") from None
    return parse_config(text, Sources(environ=os.environ, directory=path.resolve().parent))
