"""Rules of redaction over the JSON API: read, replaced, tried, counted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.ingest.redaction import Redaction
from spanglass_server.normalize.redaction import DEFAULT_POLICY, Replaced, Tally
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.redaction import open_redaction
from spanglass_server.web.api import redaction_models

EMAIL = "kim@firma.co.kr"
POLICY: dict[str, Any] = {
    "detectors": [{"detector": "email", "action": "hash", "fields": ["input", "user_id"]}],
    "patterns": [{"name": "customer", "pattern": r"KD-\d{6}", "action": "mask", "fields": []}],
    "keys": [{"key": "http.request.header.*", "action": "drop"}],
    "fields": [{"field": "session_id", "action": "hash"}],
    "stores_content": True,
    "stores_media": False,
}


class RedactionApi(JsonApi):
    redaction: Redaction

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(
            method, f"/api/v1/redaction{path}", params={"project": self.project.name}, json=body
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, **policy: Any) -> str:
        """What the problem says, hint included, of rules that cannot be saved."""
        answer = self.client.put(
            "/api/v1/redaction", params={"project": self.project.name}, json=POLICY | policy
        )
        assert answer.status_code == 400, answer.text
        return f"{answer.json()['detail']} {answer.json()['hint']}"


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[RedactionApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    store = open_redaction(url)
    api = RedactionApi(embedded_engine, directory, f"shop-{project_id}")
    api.redaction = Redaction(store, clock=lambda: NOW_NS)
    api.services = replace(api.services, redaction=api.redaction)
    api.app.state.services = api.services
    yield api
    api.close()
    store.close()
    directory.close()


def test_a_new_project_has_the_default_rules(api: RedactionApi) -> None:
    told = redaction_models.Redaction.model_validate(api.get("/redaction"))
    assert told.is_default
    assert told.policy == told.default_policy
    assert {rule.detector for rule in told.policy.detectors} == {r.kind for r in DEFAULT_POLICY.detectors}
    assert "email" in told.personal
    assert "github_token" in told.secrets


def test_rules_are_read_as_they_were_saved(api: RedactionApi) -> None:
    saved = api.send("PUT", "", POLICY)
    assert saved["policy"] == POLICY
    assert not saved["is_default"]
    assert api.get("/redaction") == saved
    stored = api.redaction.find(api.project.id)
    assert stored is not None
    assert stored.key.hex() not in str(saved)


def test_the_next_request_goes_by_new_rules(api: RedactionApi) -> None:
    before = api.redaction.redactor(api.project.id)
    api.send("PUT", "", POLICY)
    after = api.redaction.redactor(api.project.id)
    assert after is not before
    api.send("DELETE", "")
    assert api.redaction.redactor(api.project.id) is before
    assert api.get("/redaction")["is_default"]


def test_hashes_stay_the_same_when_rules_change(api: RedactionApi) -> None:
    api.send("PUT", "", POLICY)
    one = api.redaction.redactor(api.project.id).values.digest("email", EMAIL)
    api.send("PUT", "", POLICY | {"patterns": []})
    api.send("DELETE", "")
    api.send("PUT", "", POLICY)
    assert api.redaction.redactor(api.project.id).values.digest("email", EMAIL) == one


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"detectors": [{"detector": "shoe_size", "action": "mask"}]}, "no detector `shoe_size`"),
        ({"patterns": [{"name": "x", "pattern": "(?=a)b", "action": "mask"}]}, "look-arounds"),
        ({"patterns": [{"name": "x", "pattern": "a*", "action": "mask"}]}, "empty text"),
        ({"patterns": [{"name": "X!", "pattern": "a", "action": "mask"}]}, "cannot name a pattern"),
        ({"patterns": [{"name": "email", "pattern": "a", "action": "mask"}]}, "cannot name a pattern"),
        ({"patterns": [{"name": "x", "pattern": "a", "action": "mask"}] * 2}, "has 2 rules"),
        ({"fields": [{"field": "name", "action": "drop"}]}, "cannot be dropped"),
        ({"fields": [{"field": "input", "action": "hash"}]}, "cannot be hashed"),
    ],
)
def test_what_cannot_be_a_rule_says_why(api: RedactionApi, policy: dict[str, Any], told: str) -> None:
    assert told in api.refused(**policy)
    assert api.get("/redaction")["is_default"]


def test_a_text_is_tried_without_being_stored(api: RedactionApi) -> None:
    text = f"🙂 {EMAIL}, KD-123456"
    told = api.send("POST", "/trial", {"policy": POLICY, "text": text})
    found = [(one["detector"], text[one["start"] : one["end"]]) for one in told["findings"]]
    assert found == [("email", EMAIL), ("customer", "KD-123456")]
    assert told["text"].startswith("🙂 [email#")
    assert told["text"].endswith("], [customer]")
    assert told["count"] == 2
    elsewhere = api.send("POST", "/trial", {"policy": POLICY, "text": text, "field": "output"})
    assert elsewhere["text"] == f"🙂 {EMAIL}, [customer]"


def test_a_trial_gives_no_hash_that_is_stored(api: RedactionApi) -> None:
    """Whoever may read could else find out which value a stored hash is of."""
    api.send("PUT", "", POLICY)
    told = api.send("POST", "/trial", {"policy": POLICY, "text": EMAIL})
    assert api.redaction.redactor(api.project.id).values.digest("email", EMAIL) not in told["text"]


def test_what_is_dropped_is_nothing_at_all(api: RedactionApi) -> None:
    policy = POLICY | {"detectors": [{"detector": "email", "action": "drop"}]}
    told = api.send("POST", "/trial", {"policy": policy, "text": f"to {EMAIL}"})
    assert told["text"] is None
    assert told["count"] == 1


def test_rules_are_tried_on_stored_traces(api: RedactionApi) -> None:
    times = {"start_time_ns": NOW_NS - SECOND_NS, "end_time_ns": NOW_NS}
    leaky = api.factory.span(**times, input=f"I am {EMAIL}, KD-123456", user_id=EMAIL)
    api.store([leaky], [api.factory.span(**times, input="nothing", output=EMAIL)])
    told = api.send("POST", "/preview", {"policy": POLICY})
    assert (told["traces"], told["spans"], told["spans_changed"]) == (2, 2, 1)
    assert told["counts"] == [
        {"detector": "customer", "field": "input", "action": "mask", "count": 1},
        {"detector": "email", "field": "input", "action": "hash", "count": 1},
        {"detector": "email", "field": "user_id", "action": "hash", "count": 1},
    ]
    assert api.get(f"/traces/{leaky.trace_id}")["spans"][0]["user_id"] == EMAIL


def test_what_was_replaced_is_counted_by_detector_and_field(api: RedactionApi) -> None:
    tally = Tally()
    for what in (Replaced("email", "input", "mask"), Replaced("email", "input", "mask")):
        tally.add(what)
    tally.add(Replaced("phone", "output", "hash"))
    api.redaction.count(api.project.id, tally)
    api.redaction.count(api.project.id, tally)
    told = redaction_models.RedactionCounts.model_validate(api.get("/redaction/counts"))
    assert told.total == 6
    assert [(one.detector, one.field, one.action, one.count) for one in told.counts] == [
        ("email", "input", "mask", 4),
        ("phone", "output", "hash", 2),
    ]
    assert [hour.count for hour in told.hours] == [6]


def test_a_server_that_stores_no_content_says_so(api: RedactionApi) -> None:
    strict = Redaction(None, stores_content=False)
    api.app.state.services = replace(api.services, redaction=strict)
    assert api.get("/redaction")["server_stores_content"] is False
    assert strict.redactor(api.project.id).stripped == {"input", "output"}
