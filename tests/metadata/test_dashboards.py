"""Dashboards, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import DASHBOARDS_PER_PROJECT_MAX
from spanglass_server.model.dashboard import Dashboard
from spanglass_server.store.dashboards import DashboardChanged
from spanglass_server.store.metadata.dashboards import SqlDashboards, open_dashboards
from spanglass_server.store.metadata.directory import SqlDirectory

P = "default"
BOARD = Dashboard(
    id="b1",
    title="검색 quality",
    document='{"title": "검색 quality", "panels": ["🦉"]}',
    version=1,
    created_at_ns=1_700_000_000_000_000_123,
    updated_at_ns=1_700_000_000_000_000_124,
    updated_by="me@example.org",
)


@pytest.fixture
def dashboards(directory: SqlDirectory, database_url: str) -> Iterator[SqlDashboards]:
    opened = open_dashboards(database_url)
    yield opened
    opened.close()


def test_a_dashboard_is_read_as_it_was_written(dashboards: SqlDashboards) -> None:
    dashboards.add(P, BOARD)
    assert dashboards.get(P, BOARD.id) == BOARD
    assert dashboards.list(P) == [BOARD]


def test_dashboards_are_listed_by_title_whatever_its_case(dashboards: SqlDashboards) -> None:
    for name in ("b", "C", "a"):
        dashboards.add(P, BOARD._replace(id=name, title=name))
    assert [board.title for board in dashboards.list(P)] == ["a", "b", "C"]


def test_of_two_who_read_one_version_the_second_is_told_what_the_first_wrote(
    dashboards: SqlDashboards,
) -> None:
    dashboards.add(P, BOARD)
    first = dashboards.replace(P, BOARD._replace(title="first", created_at_ns=7))
    assert first == BOARD._replace(title="first", version=2)
    with pytest.raises(DashboardChanged) as told:
        dashboards.replace(P, BOARD._replace(title="second"))
    assert told.value.current == first
    assert dashboards.get(P, BOARD.id) == first


def test_stars_are_of_a_person_and_the_default_of_a_project(
    dashboards: SqlDashboards, directory: SqlDirectory
) -> None:
    shop = directory.create_project("shop")
    dashboards.add(P, BOARD)
    dashboards.star(P, "ann", BOARD.id, is_starred=True)
    dashboards.star(P, "ann", "service", is_starred=True)
    dashboards.set_default(P, "service")
    dashboards.set_default(P, BOARD.id)

    assert dashboards.list_starred(P, "ann") == {BOARD.id, "service"}
    assert dashboards.list_starred(P, "bob") == set()
    assert dashboards.list_starred(shop.id, "ann") == set()
    assert (dashboards.find_default(P), dashboards.find_default(shop.id)) == (BOARD.id, None)

    dashboards.delete(P, BOARD.id)
    assert dashboards.list_starred(P, "ann") == {"service"}
    assert dashboards.find_default(P) is None


def test_what_is_missing_is_told(dashboards: SqlDashboards) -> None:
    for act in (dashboards.get, dashboards.delete):
        with pytest.raises(NotFound, match="`b1`"):
            act(P, "b1")
    with pytest.raises(NotFound):
        dashboards.replace(P, BOARD)


def test_a_project_has_only_so_many(dashboards: SqlDashboards, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DASHBOARDS_PER_PROJECT_MAX >= 100
    monkeypatch.setattr("spanglass_server.store.metadata.dashboards.DASHBOARDS_PER_PROJECT_MAX", 1)
    dashboards.add(P, BOARD)
    with pytest.raises(BadInput, match="the most"):
        dashboards.add(P, BOARD._replace(id="b2"))


def test_a_project_takes_its_dashboards_along(dashboards: SqlDashboards, directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    dashboards.add(shop.id, BOARD)
    dashboards.star(shop.id, "ann", BOARD.id, is_starred=True)
    dashboards.set_default(shop.id, BOARD.id)
    directory.delete_project(shop.id)
    assert dashboards.list(shop.id) == []
    assert dashboards.list_starred(shop.id, "ann") == set()
