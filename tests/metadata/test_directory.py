import pkgutil
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from sqlalchemy import create_engine, text
from tests.metadata.conftest import SteppingClock

from spanglass_server.base.errors import BadInput, Misconfigured, NotFound, StorageUnavailable
from spanglass_server.store.directory import NewKey
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.store.metadata.migrate import head_revision


def test_the_default_project_exists_from_the_start(directory: SqlDirectory) -> None:
    assert [(project.id, project.name) for project in directory.list_projects()] == [("default", "default")]


def test_projects_are_found_by_name_in_any_case(directory: SqlDirectory) -> None:
    made = directory.create_project("Shop-EU.1")
    assert made.name == "shop-eu.1"
    assert directory.find_project("SHOP-eu.1") == made
    assert directory.find_project("shop") is None
    assert [project.name for project in directory.list_projects()] == ["default", "shop-eu.1"]


@pytest.mark.parametrize("name", ["", "a b", "가게", "a/b", "x" * 65, "a\n"])
def test_a_bad_name_is_refused(directory: SqlDirectory, name: str) -> None:
    with pytest.raises(BadInput):
        directory.create_project(name)


def test_a_taken_name_is_refused(directory: SqlDirectory) -> None:
    directory.create_project("shop")
    with pytest.raises(BadInput, match="already"):
        directory.create_project("SHOP")


def test_a_project_that_was_looked_for_in_vain_is_found_once_made(directory: SqlDirectory) -> None:
    assert directory.find_project("shop") is None
    made = directory.create_project("shop")
    assert directory.find_project("shop") == made


def test_retention_is_kept_and_lifted(directory: SqlDirectory, other: SqlDirectory) -> None:
    made = directory.create_project("shop")
    assert made.retention_days is None
    assert directory.set_retention(made.id, 30).retention_days == 30
    found = other.find_project("shop")
    assert found is not None
    assert found.retention_days == 30
    assert directory.set_retention(made.id, None).retention_days is None
    with pytest.raises(BadInput):
        directory.set_retention(made.id, 0)
    with pytest.raises(BadInput, match="longer than 36500"):
        directory.set_retention(made.id, 36_501)
    with pytest.raises(NotFound):
        directory.set_retention("nowhere", 3)


def test_new_projects_get_the_configured_retention(database_url: str) -> None:
    directory = open_directory(database_url, retention_days=14)
    directory.migrate()
    assert [project.retention_days for project in directory.list_projects()] == [14]
    assert directory.create_project("shop").retention_days == 14
    directory.close()


def test_a_key_opens_its_project_by_pair_and_by_secret(directory: SqlDirectory, other: SqlDirectory) -> None:
    project = directory.create_project("shop")
    key = directory.create_key(project.id, scopes=frozenset({"ingest", "read"}), note="checkout")
    assert re.fullmatch(r"pk-sg-[0-9a-f]{32}", key.info.public_key)
    assert re.fullmatch(r"sk-sg-[0-9a-f]{48}", key.secret_key)
    for seen in (directory, other):
        for public_key in (key.info.public_key, None):
            grant = seen.find_grant(public_key, key.secret_key)
            assert grant is not None
            assert (grant.project, grant.public_key, grant.note) == (project, key.info.public_key, "checkout")
            assert grant.scopes == {"ingest", "read"}
        assert seen.find_grant("pk-sg-other", key.secret_key) is None
        assert seen.find_grant(key.info.public_key, "sk-sg-other") is None
        assert seen.find_grant(None, "\udcff") is None


def test_a_public_key_alone_names_the_project_that_it_may_score(
    directory: SqlDirectory, other: SqlDirectory, clock
) -> None:
    project = directory.create_project("shop")
    key = directory.create_key(project.id, scopes=frozenset({"ingest", "read"}))
    reader = directory.create_key(project.id, scopes=frozenset({"read", "admin"}))

    for seen in (directory, other):
        assert seen.find_scored(key.info.public_key) == project
        assert seen.find_scored(reader.info.public_key) is None
        for wrong in (key.secret_key, "pk-sg-other", "", "\udcff"):
            assert seen.find_scored(wrong) is None
    used = {info.public_key: info.last_used_at_ns for info in directory.list_keys(project.id)}
    assert used[key.info.public_key] is not None

    other.revoke_key(key.info.public_key)
    clock.advance_s(2)
    assert directory.find_scored(key.info.public_key) is None


def test_no_secret_is_stored(directory: SqlDirectory, database_url: str) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    engine = create_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_keys")).all()
    engine.dispose()
    assert len(rows) == 1
    assert key.info.public_key in str(rows)
    assert key.secret_key not in str(rows)
    assert key.secret_key.removeprefix("sk-sg-") not in str(rows)


def test_keys_are_listed_by_project(directory: SqlDirectory) -> None:
    project = directory.create_project("shop")
    key = directory.create_key(project.id, scopes=frozenset({"admin"}), note="ops")
    directory.create_key("default", scopes=frozenset({"read"}))
    assert directory.list_keys(project.id) == [key.info]


def test_a_key_needs_a_project_and_a_scope(directory: SqlDirectory) -> None:
    with pytest.raises(NotFound):
        directory.create_key("nowhere", scopes=frozenset({"read"}))
    with pytest.raises(BadInput):
        directory.create_key("default", scopes=frozenset())


def test_a_revoked_key_is_refused_at_once_here_and_within_two_seconds_elsewhere(
    directory: SqlDirectory, other: SqlDirectory, clock
) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    assert directory.find_grant(None, key.secret_key) is not None
    other.revoke_key(key.info.public_key)
    assert other.find_grant(None, key.secret_key) is None
    clock.advance_s(2)
    assert directory.find_grant(None, key.secret_key) is None
    with pytest.raises(NotFound):
        directory.revoke_key(key.info.public_key)


def test_a_key_made_elsewhere_opens_within_two_seconds(
    directory: SqlDirectory, other: SqlDirectory, clock
) -> None:
    made = other.create_project("shop")
    assert directory.find_project("later") is None
    other.create_project("later")
    clock.advance_s(2)
    assert directory.find_project("later") is not None
    key = other.create_key(made.id, scopes=frozenset({"read"}))
    assert directory.find_grant(None, key.secret_key) is not None


def test_hot_keys_are_answered_from_memory(directory: SqlDirectory, other: SqlDirectory) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    first = directory.find_grant(None, key.secret_key)
    other.revoke_key(key.info.public_key)
    assert directory.find_grant(None, key.secret_key) is first, "the clock stands still"


def test_deleting_a_project_takes_its_keys_along(directory: SqlDirectory) -> None:
    project = directory.create_project("shop")
    key = directory.create_key(project.id, scopes=frozenset({"read"}))
    directory.delete_project(project.id)
    assert directory.find_project("shop") is None
    assert directory.find_grant(None, key.secret_key) is None
    with pytest.raises(NotFound):
        directory.delete_project(project.id)
    assert directory.create_project("shop").id != project.id, "its old rows must not come back"


def test_the_default_project_comes_back_empty(directory: SqlDirectory) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    directory.delete_project("default")
    assert directory.find_project("default") is not None
    assert directory.list_keys("default") == []
    assert directory.find_grant(None, key.secret_key) is None


def test_last_use_is_written_in_batches(directory: SqlDirectory, other: SqlDirectory, clock) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    assert directory.find_grant(None, key.secret_key) is not None
    assert other.list_keys("default")[0].last_used_at_ns is None
    assert directory.list_keys("default")[0].last_used_at_ns == 1_700_000_000_000_000_000
    assert other.list_keys("default")[0].last_used_at_ns == 1_700_000_000_000_000_000


def test_last_use_is_written_in_the_background_and_at_the_end(
    database_url: str, directory: SqlDirectory, other: SqlDirectory, clock
) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}))
    clock.advance_s(60)
    assert directory.find_grant(None, key.secret_key) is not None
    directory.close()
    assert other.list_keys("default")[0].last_used_at_ns is not None


def test_many_threads_see_one_truth(directory: SqlDirectory) -> None:
    keys = [directory.create_key("default", scopes=frozenset({"read"})) for _ in range(4)]

    def use(key: NewKey) -> int:
        found = 0
        for _ in range(50):
            found += directory.find_grant(None, key.secret_key) is not None
            directory.create_key("default", scopes=frozenset({"ingest"}))
        return found

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, keys)) == [50] * 4
    assert len(directory.list_keys("default")) == 4 + 4 * 50


def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    script = (
        "import sys\n"
        "from spanglass_server.store.metadata.directory import open_directory\n"
        "directory = open_directory(sys.argv[1])\n"
        "sys.stdin.readline()\n"
        "directory.migrate()\n"
        "print(len(directory.list_projects()))\n"
        "directory.close()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in processes]
    assert [answer[0] for answer in answers] == ["1\n"] * 3, [answer[1] for answer in answers]


def test_migrating_twice_changes_nothing(directory: SqlDirectory) -> None:
    made = directory.create_project("shop")
    directory.migrate()
    assert directory.find_project("shop") == made


def test_a_database_of_a_newer_version_is_refused(directory: SqlDirectory, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Misconfigured, match=f"knows up to {head_revision()}"):
        directory.migrate()


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    directory = open_directory("postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    with pytest.raises(StorageUnavailable) as caught:
        directory.migrate()
    assert "127.0.0.1:1" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint
    directory.close()


def test_the_tables_are_what_the_migrations_make(directory: SqlDirectory, database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import spanglass_server.store.metadata as stores
    from spanglass_server.store.metadata.tables import metadata

    # Each module that declares tables, so that none is missing.
    for module in pkgutil.iter_modules(stores.__path__):
        import_module(f"{stores.__name__}.{module.name}")
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_renamed_project_keeps_its_data_and_keys_and_takes_its_judges_along(
    directory: SqlDirectory,
) -> None:
    shop = directory.create_project("shop")
    judges = directory.ensure_judges(shop)
    key = directory.create_key(shop.id, scopes=frozenset({"read"}))
    renamed = directory.rename_project(shop.id, "Store")
    assert renamed == shop._replace(name="store")
    assert directory.find_project("shop") is None
    assert directory.find_judges(shop.id) == judges._replace(name="store.judges")
    grant = directory.find_grant(None, key.secret_key)
    assert grant is not None
    assert grant.project == renamed


def test_names_that_a_project_cannot_be_given(directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    judges = directory.ensure_judges(shop)
    directory.create_project("taken")
    with pytest.raises(BadInput, match="already"):
        directory.rename_project(shop.id, "taken")
    with pytest.raises(BadInput, match="cannot be"):
        directory.rename_project(shop.id, "no spaces")
    with pytest.raises(BadInput, match="keeps its name"):
        directory.rename_project("default", "other")
    with pytest.raises(BadInput, match="named after"):
        directory.rename_project(judges.id, "other")
    with pytest.raises(NotFound):
        directory.rename_project("nowhere", "other")
    assert directory.rename_project(shop.id, "shop") == shop


def test_a_key_opens_nothing_once_its_time_is_over(database_url: str) -> None:
    clock = SteppingClock()
    directory = open_directory(database_url, now_ns=clock, monotonic_ns=lambda: 0)
    directory.migrate()
    key = directory.create_key(
        "default", scopes=frozenset({"ingest"}), created_by="a@b.example", expires_at_ns=clock() + 10**9
    )
    assert directory.find_grant(None, key.secret_key) is not None
    assert directory.find_scored(key.info.public_key) is not None
    clock.advance_s(1)
    assert directory.find_grant(None, key.secret_key) is None
    assert directory.find_scored(key.info.public_key) is None
    assert [info.created_by for info in directory.list_keys("default")] == ["a@b.example"]
    directory.close()


def test_a_keys_note_can_be_written_anew(directory: SqlDirectory) -> None:
    key = directory.create_key("default", scopes=frozenset({"read"}), note="ci")
    assert directory.set_note(key.info.public_key, "CI of the shop") == key.info._replace(
        note="CI of the shop"
    )
    with pytest.raises(NotFound):
        directory.set_note("pk-sg-none", "x")
