"""One server that requires keys, and a project of each SDK's own in it."""

import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.langfuse_sdks.harness import Project, Told
from tests.support.spanglass_process import SpanglassProcess

from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import Conditions, World
from spanglass_examples.fake_models.server import ModelServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    found = SpanglassProcess(tmp_path_factory.mktemp("langfuse") / "data", AUTH="required")
    yield found
    assert found.terminate() == 0


@pytest.fixture(scope="session")
def models_url() -> Iterator[str]:
    world = World(clock=SkippingClock(), conditions=Conditions(error_rate=0))
    with ModelServer(world, seed=1).running() as url:
        yield url


@pytest.fixture(scope="session")
def make_project(server: SpanglassProcess, models_url: str) -> Iterator[Callable[[str], Project]]:
    """A project of that name with a key pair."""
    directory = server.open_directory()

    def make(name: str) -> Project:
        project = directory.create_project(name)
        key = directory.create_key(project.id, scopes=frozenset({"ingest", "read"}))
        return Project(server.url, key.info.public_key, key.secret_key, models_url)

    yield make
    directory.close()


@pytest.fixture
def project_by_command(server: SpanglassProcess, models_url: str) -> Project:
    """One made by the command that users type."""
    options = ["--project", "by-command", "--json", "--data-dir", str(server.data_dir)]
    command = [sys.executable, "-m", "spanglass_server.cli", "keys", "create", *options]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    key = json.loads(made.stdout)
    return Project(server.url, key["public_key"], key["secret_key"], models_url)


@pytest.fixture(scope="session")
def tell(make_project: Callable[[str], Project]) -> Callable[[str, str], Told]:
    """Runs a program with an SDK in a project of its own, once for all tests."""

    @functools.cache
    def tell_once(sdk: str, program: str) -> Told:
        project = make_project(f"{program.partition('.')[0]}-{sdk}".replace("_", "-"))
        report = project.run(sdk, program)
        return Told(sdk, report, project.trace(report["trace_id"]), project)

    return tell_once
