"""Deleted traces and projects, and a retention that is over, take files along; each keeps to its project."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from spanglass_server.app.retention import enforce_retention
from spanglass_server.app.storage import ForgettingAdministration
from spanglass_server.store.library import NewMedia
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.store.metadata.library import SqlLibrary, open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.public_links import SqlPublicLinks, open_public_links
from spanglass_server.store.ports import TraceKey
from spanglass_server.store.public_links import PublicLink

DAY_NS = 86_400 * 1_000_000_000
START_NS = 1_700_000_000_000_000_000


class Spans:
    """A span store without spans."""

    def __init__(self) -> None:
        self.retention: dict[str, int | None] = {}

    def delete_traces(self, keys: Sequence[TraceKey]) -> int:
        return len(keys)

    def delete_scores(self, project_id: str, score_ids: Sequence[str]) -> int:
        return len(score_ids)

    def delete_project(self, project_id: str) -> None:
        self.retention.pop(project_id, None)

    def set_retention(self, project_id: str, days: int | None) -> None:
        self.retention[project_id] = days

    def enforce_retention(self, now_ns: int) -> int:
        return 7

    def roll_up_metrics(self, now_ns: int) -> int:
        return 0

    def migrate(self) -> Sequence[int]:
        return []

    def disk_bytes(self) -> dict[str, int]:
        return {}

    def close(self) -> None: ...


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[SqlDirectory]:
    opened = open_directory(f"sqlite:///{tmp_path / 'metadata.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def library(tmp_path: Path, directory: SqlDirectory) -> Iterator[SqlLibrary]:
    opened = open_library(
        f"sqlite:///{tmp_path / 'metadata.db'}",
        now_ns=lambda: START_NS,
        limits=MediaLimits(media_bytes_max=100, media_project_bytes_max=100),
    )
    yield opened
    opened.close()


def announce(library: SqlLibrary, project_id: str, trace_id: str) -> None:
    library.media.announce(project_id, NewMedia("m1", b"x" * 32, "image/png", 1), trace_id=trace_id)


@pytest.fixture
def links(tmp_path: Path, directory: SqlDirectory) -> Iterator[SqlPublicLinks]:
    opened = open_public_links(f"sqlite:///{tmp_path / 'metadata.db'}")
    yield opened
    opened.close()


def test_a_deleted_trace_takes_its_files_and_public_links_along(
    directory: SqlDirectory, library: SqlLibrary, links: SqlPublicLinks
) -> None:
    other = directory.create_project("other").id
    told: list[Sequence[TraceKey]] = []
    administration = ForgettingAdministration(
        Spans(),
        forget_traces=told.append,
        forget_project=lambda project_id: None,
        media=library.media,
        public_links=links,
    )
    for project_id in ("default", other):
        announce(library, project_id, "t1")
        links.create(PublicLink("", project_id, "t1", True, "", START_NS, START_NS + DAY_NS))
    key = TraceKey("default", "t1")
    assert administration.delete_traces([key]) == 1
    assert told == [[key]]
    assert library.media.find("default", "m1") is None
    assert library.media.find(other, "m1") is not None
    assert not links.list("default")
    assert len(links.list(other)) == 1


def test_retention_takes_files_along_where_there_is_one(directory: SqlDirectory, library: SqlLibrary) -> None:
    short, forever = directory.create_project("short").id, directory.create_project("forever").id
    directory.set_retention(short, 3)
    for project_id in (short, forever):
        announce(library, project_id, "t1")
    spans = Spans()
    assert enforce_retention(directory, spans, library.media, lambda: START_NS + 2 * DAY_NS) == 7
    assert library.media.find(short, "m1") is not None
    enforce_retention(directory, spans, library.media, lambda: START_NS + 4 * DAY_NS)
    assert library.media.find(short, "m1") is None
    assert library.media.find(forever, "m1") is not None
    assert spans.retention == {"default": None, short: 3, forever: None}
