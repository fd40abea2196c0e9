"""Connections to judges, and evaluators, on a server that asks for keys: who may do what, who sees what."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.evaluating_server import EvaluatingServer, await_outcome
from tests.support.fake_judge import FakeJudge

pytestmark = pytest.mark.slow

LOCAL = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "api_key": "k", "default_model": "m"}
PUBLIC = {"provider": "anthropic", "api_key": "sk-ant-secret", "default_model": "claude-haiku-4-5"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluatingServer]:
    """Keys are asked for, and judges may be in the own network."""
    found = EvaluatingServer(
        tmp_path_factory.mktemp("connections") / "data", AUTH="required", JUDGE_PRIVATE_TARGETS="true"
    )
    yield found
    found.close()


def put(
    server: EvaluatingServer, key: str, given: dict[str, Any], *, name: str = "main", status: int = 200
) -> Any:
    return server.ask("PUT", f"/judge-connections/{name}", given, key=key, status=status)


def test_a_key_that_reads_sees_and_changes_nothing(server: EvaluatingServer, project_id: str) -> None:
    admin = server.make_project(project_id)
    reader = server.make_project(project_id, frozenset({"read"}))
    put(server, admin, PUBLIC)
    assert server.ask("GET", "/judge-connections", key=reader)["items"]
    put(server, reader, PUBLIC, status=403)
    server.ask("POST", "/judge-connections/main/test", key=reader, status=403)
    server.ask("POST", "/evaluators", {"name": "n", "kind": "length"}, key=reader, status=403)
    made = server.ask("POST", "/evaluators", {"name": "n", "kind": "length"}, key=admin, status=201)
    path = f"/evaluators/{made['id']}"
    server.ask("PATCH", path, {"is_enabled": False}, key=reader, status=403)
    server.ask("DELETE", path, key=reader, status=403)
    server.ask("POST", f"{path}/runs", {"from": "now-1h"}, key=reader, status=403)
    server.ask(
        "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": "a"}, key=reader, status=403
    )
    server.ask("POST", f"{path}/estimate", {"from": "now-1h"}, key=reader)


def test_tenants_never_see_each_others_evaluators_judges_or_calls(
    server: EvaluatingServer, project_id: str
) -> None:
    mine, theirs = server.make_project(project_id), server.make_project(f"{project_id}-other")
    trace_id = "ab" * 16
    with FakeJudge() as judge:
        given = {**LOCAL, "base_url": judge.openai_url, "input_usd_per_mtok": 1, "output_usd_per_mtok": 1}
        put(server, mine, given)
        server.send_trace(trace_id, project=project_id)
        made = server.ask(
            "POST",
            "/evaluators",
            {"name": "n", "kind": "judge", "options": {"rubric": "tone"}, "is_enabled": False},
            key=mine,
            status=201,
        )
        trial = server.ask(
            "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": trace_id}, key=mine
        )
    assert trial["problem"] is None
    judges, judge_trace = trial["judge_project"], trial["judge_trace_id"]
    assert server.ask("GET", "/evaluators", key=theirs)["items"] == []
    assert server.ask("GET", "/judge-connections", key=theirs)["items"] == []
    for path in ("", "/failures", "/runs"):
        server.ask("GET", f"/evaluators/{made['id']}{path}", key=theirs, status=404)
    server.ask("PATCH", f"/evaluators/{made['id']}", {"name": "x"}, key=theirs, status=404)
    server.ask("DELETE", f"/evaluators/{made['id']}", key=theirs, status=404)
    server.ask(
        "POST", "/evaluators/try", {"evaluator_id": made["id"], "trace_id": trace_id}, key=theirs, status=404
    )
    stolen = {"name": "x", "kind": "judge", "options": {"rubric": "tone", "connection": "main"}}
    server.ask("POST", "/evaluators", stolen, key=theirs, status=400)

    def open_judges(key: str) -> int:
        headers = {"authorization": f"Bearer {key}"}
        found = server.http.get(f"/api/v1/traces/{judge_trace}", params={"project": judges}, headers=headers)
        return found.status_code

    await_outcome(lambda: open_judges(mine) == 200)
    assert open_judges(theirs) == 404
    # Its owner reads it, and changes nothing in it.
    headers = {"authorization": f"Bearer {mine}"}
    deleted = server.http.delete(f"/api/v1/traces/{judge_trace}", params={"project": judges}, headers=headers)
    assert deleted.status_code == 403
    server.http.request(
        "DELETE", f"/api/v1/projects/{project_id}", params={"confirm": project_id}, headers=headers
    ).raise_for_status()
    with_key = server.make_project(project_id)
    assert with_key != mine
    assert open_judges(with_key) == 404


def test_a_project_that_only_has_the_name_of_a_judges_project_is_no_such(
    server: EvaluatingServer, project_id: str
) -> None:
    name = f"{project_id}.judges"
    victim, stranger = server.make_project(name), server.make_project(project_id)
    server.send_trace("cd" * 16, project=name)
    server.ask("GET", f"/traces/{'cd' * 16}", key=victim)
    found = server.http.get(
        f"/api/v1/traces/{'cd' * 16}",
        params={"project": name},
        headers={"authorization": f"Bearer {stranger}"},
    )
    assert found.status_code == 404
