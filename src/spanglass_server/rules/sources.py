"""Where rules come from: files named in the settings, files that people edit in the database, and the rules
that come with Spanglass. A file that breaks keeps the rules it had."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.model.thresholds import DEFAULTS
from spanglass_server.rules.files import FILE_CHARS_MAX, RuleFile, RuleFileInvalid, parse_rule_file
from spanglass_server.rules.thresholds import apply_thresholds
from spanglass_server.store.rules import RuleStore
from spanglass_server.store.thresholds import OwnThresholds

log = structlog.get_logger(__name__)

FileSource: TypeAlias = Literal["default", "file", "api"]
_SUFFIXES: Final = (".yml", ".yaml", ".rules")
_LOOK_NS: Final = 2_000_000_000
"""Files and the database are looked at so often at most."""


class RulePath(NamedTuple):
    project: str
    """Its name."""
    pattern: str
    """A file, a directory, or a pattern with `*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    name: str
    """A path, or the name in the database."""
    source: FileSource
    text: str
    """As it stands now, right or wrong."""
    rules: RuleFile | None
    """In force; None where it never was right, and where it is switched off."""
    is_enabled: bool
    is_overridden: bool
    """A file in the database that stands in place of one that comes with Spanglass."""
    error: str
    """What is wrong with `text`; the rules in force are older then."""
    updated_at_ns: int
    """0 for those that come with Spanglass."""


class _OnDisk(NamedTuple):
    text: str
    mtime_ns: int
    error: str


class RuleSources:
    """Safe to use from many threads. Raises StorageUnavailable where the database does not answer."""

    def __init__(
        self,
        store: RuleStore,
        *,
        paths: Sequence[RulePath] = (),
        defaults: Mapping[str, str] | None = None,
        list_thresholds: Callable[[], Mapping[str, OwnThresholds]] = dict,
        monotonic_ns: Clock,
    ) -> None:
        """`defaults`: name to YAML; those that come with Spanglass where it is None. `list_thresholds`: those
        that projects have set, by project id; they are written into the defaults."""
        self._store = store
        self._paths = paths
        self._defaults = load_defaults() if defaults is None else defaults
        self._monotonic_ns = monotonic_ns
        self._lock = threading.Lock()
        self._looked_at_ns: int | None = None
        self._stamp = ""
        self._on_disk: dict[RulePath, dict[Path, _OnDisk]] = {}
        self._by_project_name: dict[str, list[LoadedFile]] = {}
        """Files on disk."""
        self._by_project_id: dict[str, list[LoadedFile]] = {}
        """Files in the database."""
        self._default_files = [_load(name, "default", text, 0) for name, text in self._defaults.items()]
        self._list_thresholds = list_thresholds
        self._thresholds: Mapping[str, OwnThresholds] = {}
        self._adapted_files: dict[str, list[LoadedFile]] = {}
        """Those that come with Spanglass, by the id of each project with thresholds of its own."""
        self.version = 0
        """Grows with each change."""

    def refresh(self, *, is_forced: bool = False) -> None:
        """Look whether something changed, unless that was done a moment ago."""
        with self._lock:
            now_ns = self._monotonic_ns()
            if not is_forced and self._looked_at_ns is not None and now_ns - self._looked_at_ns < _LOOK_NS:
                return
            self._refresh_thresholds()
            self._refresh_database()
            self._refresh_disk()
            self._looked_at_ns = now_ns

    def list_files(self, project_id: str, project_name: str) -> Sequence[LoadedFile]:
        """Those that come with Spanglass, then files on disk, then the database's, each by name."""
        with self._lock:
            stored = self._by_project_id.get(project_id, [])
            on_disk = self._by_project_name.get(project_name, [])
            names = {file.name for file in stored}
            shipped = self._adapted_files.get(project_id, self._default_files)
            defaults = [file for file in shipped if file.name not in names]
            return [*defaults, *on_disk, *stored]

    def is_default(self, name: str) -> bool:
        return name in self._defaults

    def _refresh_thresholds(self) -> None:
        found = self._list_thresholds()
        if found == self._thresholds:
            return
        known = self._adapted_files
        self._adapted_files = {
            project_id: known[project_id]
            if own == self._thresholds.get(project_id)
            else [_load(name, "default", _adapted(text, own), 0) for name, text in self._defaults.items()]
            for project_id, own in found.items()
        }
        # What is stored may say of a file only that it is off, and stands for its text too.
        self._thresholds, self._stamp = found, ""
        self.version += 1

    def _shipped_text(self, project_id: str, name: str) -> str | None:
        text = self._defaults.get(name)
        return text if text is None else _adapted(text, self._thresholds.get(project_id, {}))

    def _refresh_database(self) -> None:
        stamp = self._store.files_stamp()
        if stamp == self._stamp:
            return
        known = {
            (project_id, file.name): file
            for project_id, files in self._by_project_id.items()
            for file in files
        }
        found: dict[str, list[LoadedFile]] = {}
        for stored in self._store.list_files():
            old = known.get((stored.project_id, stored.name))
            own_text = stored.text
            text = own_text if own_text is not None else self._shipped_text(stored.project_id, stored.name)
            if text is None:
                continue
            source: FileSource = "default" if stored.text is None else "api"
            loaded = _load(
                stored.name,
                source,
                text,
                stored.updated_at_ns,
                is_enabled=stored.is_enabled,
                old=old,
                is_overridden=stored.text is not None and stored.name in self._defaults,
            )
            found.setdefault(stored.project_id, []).append(loaded)
        self._by_project_id, self._stamp = found, stamp
        self.version += 1

    def _refresh_disk(self) -> None:
        found = {path: _read_changed(path, self._on_disk.get(path, {})) for path in self._paths}
        if found == self._on_disk:
            return
        known = {
            (project, file.name): file for project, files in self._by_project_name.items() for file in files
        }
        by_project: dict[str, dict[str, LoadedFile]] = {}
        for path, files in found.items():
            for file, content in files.items():
                old = known.get((path.project, str(file)))
                by_project.setdefault(path.project, {})[str(file)] = _load_from_disk(file, content, old)
        self._by_project_name = {
            project: sorted(files.values(), key=lambda file: file.name)
            for project, files in by_project.items()
        }
        self._on_disk = found
        self.version += 1


def _adapted(text: str, own: OwnThresholds) -> str:
    return apply_thresholds(text, {**DEFAULTS, **own})


def load_defaults() -> Mapping[str, str]:
    """The rules that come with Spanglass, by file name."""
    directory = resources.files("spanglass_server.rules") / "defaults"
    found = [file for file in directory.iterdir() if file.name.endswith(_SUFFIXES)]
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(found, key=lambda file: file.name)}


def _read_changed(path: RulePath, known: Mapping[Path, _OnDisk]) -> dict[Path, _OnDisk]:
    return {file: _read(file, known.get(file)) for file in find_rule_files(path.pattern)}


def find_rule_files(pattern: str) -> Sequence[Path]:
    """The file; those of the directory, not of directories in it; or those that match the pattern."""
    path = Path(pattern).expanduser()
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    if not any(character in path.name for character in "*?["):
        return [path]
    return sorted(file for file in path.parent.glob(path.name) if file.is_file())


def _read(file: Path, known: _OnDisk | None) -> _OnDisk:
    try:
        status = file.stat()
        if known is not None and not known.error and known.mtime_ns == status.st_mtime_ns:
            size = len(known.text.encode())
            if size == status.st_size:
                return known
        if status.st_size > 4 * FILE_CHARS_MAX:
            return _OnDisk("", status.st_mtime_ns, f"the file has more than {FILE_CHARS_MAX:,} characters")
        return _OnDisk(file.read_text(encoding="utf-8"), status.st_mtime_ns, "")
    except UnicodeDecodeError:
        return _OnDisk("", 0, "the file is not UTF-8")
    except OSError as error:
        return _OnDisk("", 0, f"cannot read the file: {error.strerror}")


def _load_from_disk(file: Path, content: _OnDisk, old: LoadedFile | None) -> LoadedFile:
    if content.error:
        return LoadedFile(
            name=str(file),
            source="file",
            text="",
            rules=old.rules if old else None,
            is_enabled=True,
            is_overridden=False,
            error=content.error,
            updated_at_ns=content.mtime_ns,
        )
    return _load(str(file), "file", content.text, content.mtime_ns, old=old)


def _load(
    name: str,
    source: FileSource,
    text: str,
    updated_at_ns: int,
    *,
    is_enabled: bool = True,
    is_overridden: bool = False,
    old: LoadedFile | None = None,
) -> LoadedFile:
    rules, error = old.rules if old else None, ""
    try:
        rules = parse_rule_file(text, name=name)
    except RuleFileInvalid as problem:
        error = problem.message
        log.warning("rule_file_invalid", file=name, reason=error, hint=problem.hint)
    return LoadedFile(
        name=name,
        source=source,
        text=text,
        rules=rules if is_enabled else None,
        is_enabled=is_enabled,
        is_overridden=is_overridden,
        error=error,
        updated_at_ns=updated_at_ns,
    )
