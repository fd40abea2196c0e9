"""Connections to judges: where they may lead, whose keys they may use, and what comes back of those."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.definitions import SteppingClock, opened_store

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.quality.connections import ConnectionInput, JudgeConnections, JudgePolicy
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore

ANTHROPIC = ConnectionInput("anthropic", api_key="sk-ant-secret", default_model="claude-haiku-4-5")
LOCAL = ConnectionInput("openai", "http://127.0.0.1:11434/v1", "k", "llama")
CLOSED = JudgePolicy(
    environ={"ANTHROPIC_API_KEY": "sk-of-the-server", "AWS_SECRET_ACCESS_KEY": "x"},
    env_keys=frozenset({"ANTHROPIC_API_KEY", "OPENAI_API_KEY"}),
    lends_keys_anywhere=False,
    allows_private=False,
    allows_unchecked=False,
)
OPEN = JudgePolicy(
    environ=CLOSED.environ,
    env_keys=CLOSED.env_keys,
    lends_keys_anywhere=True,
    allows_private=True,
    allows_unchecked=True,
)
P = "default"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlEvaluatorStore]:
    with opened_store(tmp_path_factory.mktemp("connections")) as opened:
        yield opened


@pytest.fixture
def store(database: SqlEvaluatorStore) -> Iterator[SqlEvaluatorStore]:
    yield database
    for connection in database.list_connections(P):
        database.delete_connection(P, connection.name)


@pytest.fixture
def closed(store: SqlEvaluatorStore) -> JudgeConnections:
    """On a server whose keys strangers have."""
    return JudgeConnections(store, CLOSED, clock=SteppingClock())


@pytest.fixture
def open_(store: SqlEvaluatorStore) -> JudgeConnections:
    """On somebody's own machine."""
    return JudgeConnections(store, OPEN, clock=SteppingClock())


def test_a_key_never_comes_back_and_stays_when_its_mask_is_sent(closed: JudgeConnections) -> None:
    made = closed.put_connection(P, "main", ANTHROPIC)
    assert made.api_key == "***"
    changed = closed.put_connection(P, "main", ANTHROPIC._replace(api_key="***", default_model="other"))
    assert (changed.api_key, changed.default_model) == ("***", "other")
    assert "sk-ant-secret" not in str(closed.list_connections(P))
    assert closed.find(P, "main", "").connection.api_key == "sk-ant-secret"
    assert "sk-ant-secret" not in repr(closed.find(P, "main", "").model)


@pytest.mark.parametrize("elsewhere", [{"base_url": "https://1.1.1.1"}, {"provider": "openai"}])
def test_a_mask_sends_no_key_to_another_address(closed: JudgeConnections, elsewhere: dict[str, Any]) -> None:
    closed.put_connection(P, "main", ANTHROPIC)
    with pytest.raises(BadInput, match="given for another address"):
        closed.put_connection(P, "main", ANTHROPIC._replace(api_key="***", **elsewhere))
    assert closed.find(P, "main", "").connection.base_url == ""


def test_a_mask_stands_for_nothing_where_there_is_no_key(closed: JudgeConnections) -> None:
    with pytest.raises(BadInput, match="no key yet"):
        closed.put_connection(P, "main", ANTHROPIC._replace(api_key="***"))


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:11434/v1",
        "http://10.0.0.7/v1",
        "http://169.254.169.254/",
        "http://localhost:4318",
        "http://[::1]/v1",
        "http://2130706433/v1",
    ],
)
def test_addresses_of_the_servers_own_network_are_refused(closed: JudgeConnections, base_url: str) -> None:
    with pytest.raises(BadInput, match="`base_url`"):
        closed.put_connection(P, "main", LOCAL._replace(base_url=base_url))


def test_a_model_on_the_own_machine_is_reached_where_no_keys_are_required(open_: JudgeConnections) -> None:
    assert open_.put_connection(P, "main", LOCAL).base_url == LOCAL.base_url
    with pytest.raises(BadInput, match="hands out"):
        open_.put_connection(P, "cloud", LOCAL._replace(base_url="http://169.254.169.254/v1"))


def test_the_servers_variables_are_lent_by_name(closed: JudgeConnections) -> None:
    with pytest.raises(BadInput, match="not to be used for judges") as refused:
        closed.put_connection(P, "main", ANTHROPIC._replace(api_key="env:AWS_SECRET_ACCESS_KEY"))
    assert "ANTHROPIC_API_KEY" in refused.value.hint
    with pytest.raises(BadInput, match="OPENAI_API_KEY is not set"):
        closed.put_connection(P, "main", ANTHROPIC._replace(api_key="env:OPENAI_API_KEY"))
    made = closed.put_connection(P, "main", ANTHROPIC._replace(api_key="env:ANTHROPIC_API_KEY"))
    assert made.api_key == "env:ANTHROPIC_API_KEY"
    assert "sk-of-the-server" not in str(closed.list_connections(P))


def test_the_servers_own_keys_go_to_the_providers_own_address_only(
    closed: JudgeConnections, open_: JudgeConnections
) -> None:
    elsewhere = ANTHROPIC._replace(api_key="env:ANTHROPIC_API_KEY", base_url="https://1.1.1.1")
    with pytest.raises(BadInput, match="own address only"):
        closed.put_connection(P, "main", elsewhere)
    assert open_.put_connection(P, "main", elsewhere).base_url == "https://1.1.1.1"


def test_variables_are_checked_again_when_a_judge_is_asked(
    closed: JudgeConnections, open_: JudgeConnections
) -> None:
    """What was allowed once need not be any more, e.g. after the server was opened to others."""
    open_.put_connection(
        P, "main", ANTHROPIC._replace(api_key="env:ANTHROPIC_API_KEY", base_url="https://1.1.1.1")
    )
    with pytest.raises(EvaluatorProblem, match="own address only"):
        closed.find(P, "main", "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"provider": "oracle of delphi"}, "unknown provider"),
        ({"default_model": " "}, "`default_model`"),
        ({"input_usd_per_mtok": 1.0}, "given together"),
        ({"base_url": "https://user:pass@1.1.1.1"}, "`base_url`"),
        ({"base_url": "https://1.1.1.1/?key=x"}, "`base_url`"),
        ({"base_url": "ftp://1.1.1.1"}, "base URL"),
        ({"base_url": "http://["}, "`base_url` cannot be read"),
        ({"base_url": "http://1.1.1.1:99999/v1"}, "`base_url` cannot be read"),
        ({"base_url": "no address"}, "`base_url` cannot be read"),
        ({"provider": "bedrock"}, "packages|connections of its own"),
    ],
)
def test_what_cannot_be_is_refused(closed: JudgeConnections, given: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        closed.put_connection(P, "main", ANTHROPIC._replace(**given))


@pytest.mark.parametrize("name", ["", "-x", "a/b", "x" * 65])
def test_names_are_plain(closed: JudgeConnections, name: str) -> None:
    with pytest.raises(BadInput, match="`name`"):
        closed.put_connection(P, name, ANTHROPIC)


def test_without_a_name_the_default_one_is_meant_or_the_oldest(store: SqlEvaluatorStore) -> None:
    clock = SteppingClock()
    connections = JudgeConnections(store, CLOSED, clock=clock)
    with pytest.raises(EvaluatorProblem, match="no connection to a judge"):
        connections.find(P, "", "")
    connections.put_connection(P, "main", ANTHROPIC)
    assert connections.find(P, "", "").connection.name == "main"
    assert connections.find(P, "", "other-model").model.model == "other-model"
    clock.advance_s(1)
    connections.put_connection(P, "a newer one", ANTHROPIC)
    assert connections.find(P, "", "").connection.name == "main"
    connections.put_connection(P, "default", ANTHROPIC)
    assert connections.find(P, "", "").connection.name == "default"
    with pytest.raises(EvaluatorProblem, match="no connection `elsewhere`") as refused:
        connections.find(P, "elsewhere", "")
    assert "a newer one, default, main" in refused.value.hint


def test_another_project_has_none_of_them(closed: JudgeConnections) -> None:
    closed.put_connection(P, "main", ANTHROPIC)
    assert closed.list_connections("other") == []
    with pytest.raises(NotFound):
        closed.get_connection("other", "main")
    with pytest.raises(EvaluatorProblem):
        closed.find("other", "main", "")


def test_a_deleted_one_is_not_found_any_more(closed: JudgeConnections) -> None:
    closed.put_connection(P, "main", ANTHROPIC)
    closed.find(P, "main", "")
    closed.delete_connection(P, "main")
    with pytest.raises(EvaluatorProblem):
        closed.find(P, "main", "")
