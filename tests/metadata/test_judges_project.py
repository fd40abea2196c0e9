"""The project of a project's judges: made once, known by its id, gone with its parent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from spanglass_server.base.errors import NotFound
from spanglass_server.store.directory import Project, is_judges_project, judges_id_of
from spanglass_server.store.metadata.directory import SqlDirectory


def test_it_is_made_with_the_first_call_and_keeps_as_long_as_its_parent(directory: SqlDirectory) -> None:
    shop = directory.set_retention(directory.create_project("shop").id, 7)
    assert directory.find_judges(shop.id) is None
    made = directory.ensure_judges(shop)
    assert (made.name, made.id, made.retention_days) == ("shop.judges", judges_id_of(shop.id), 7)
    assert directory.ensure_judges(shop) == made
    assert directory.find_judges(shop.id) == made
    assert directory.find_project("shop.judges") == made
    assert is_judges_project(made.id)
    assert not is_judges_project(shop.id)


def test_a_taken_or_long_name_is_told_apart_by_the_id(directory: SqlDirectory) -> None:
    theirs = directory.create_project("shop.judges")
    mine = directory.ensure_judges(directory.create_project("shop"))
    assert mine.name != theirs.name
    assert mine.name.startswith("shop-")
    assert mine.name.endswith(".judges")
    long = directory.ensure_judges(directory.create_project("x" * 64))
    assert len(long.name) == 64
    assert long.name.endswith("x.judges")
    # Whoever only has the name has not got what judges were asked.
    assert not is_judges_project(theirs.id)


def test_many_at_once_make_one(directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: directory.ensure_judges(shop), range(16)))
    assert len({project.id for project in made}) == 1
    assert sum(project.name.startswith("shop") for project in directory.list_projects()) == 2


def test_it_goes_with_its_parent_and_is_not_made_after_it(directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    directory.ensure_judges(shop)
    directory.delete_project(shop.id)
    assert directory.find_judges(shop.id) is None
    assert directory.find_project("shop.judges") is None
    with pytest.raises(NotFound):
        directory.ensure_judges(Project(shop.id, shop.name, None, 0))
