"""Notifications by the API: configured, told, silenced, on real HTTP endpoints and a real database."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.http_receiver import HttpReceiver, Reply

from spanglass_server.app.notifications import Notifications, build_notifications
from spanglass_server.app.settings import Settings
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import labels_of
from spanglass_server.notify.context import NoContext
from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.store.metadata.alerting import SqlNotifications, open_notifications
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.web.api import notifications, receivers, silences
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.services import Services

_CONFIG = """
route: {{receiver: team, group_by: [alertname], group_wait: 100ms, group_interval: 300ms}}
receivers:
- name: team
  webhook_configs: [{{url: '{url}/hook?token=S3CRET'}}]
"""


class OutagedStore:
    """The real store, but for the time in which it is down."""

    def __init__(self, store: SqlNotifications) -> None:
        self._store = store
        self.is_down = False

    def __getattr__(self, name: str) -> Any:
        if self.is_down:
            raise StorageUnavailable("the metadata database does not answer")
        return getattr(self._store, name)


class Api:
    """The API of notifications over a database of its own; alerts are told as rules would."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=directory, **{"notify_private_targets": True, **settings})
        self.directory: SqlDirectory = open_directory(self.settings.metadata_url)
        self.directory.migrate()
        self.store: SqlNotifications = open_notifications(self.settings.metadata_url)
        self.outaged: Any = OutagedStore(self.store)
        self.notifications: Notifications = build_notifications(
            self.settings,
            self.outaged,
            NoContext(),
            clock=time.time_ns,
            external_url="http://spanglass.example",
            environ={"HOOK_URL": "http://127.0.0.1:9/from-env"},
        )
        self.app = FastAPI()
        install_error_handlers(self.app)
        for module in (silences, receivers, notifications):
            self.app.include_router(module.router, prefix="/api/v1")
        absent: Any = None
        self.app.state.services = Services(
            **{
                **dict.fromkeys(Services.__dataclass_fields__, absent),
                "directory": self.directory,
                "notifications": self.notifications.office,
                "auth_mode": "off",
                "now_ns": time.time_ns,
            }
        )
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def call(self, method: str, path: str, body: object = None, *, status: int = 200, **query: Any) -> Any:
        answer = self.client.request(method, f"/api/v1{path}", json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def configure(self, yaml: str) -> Any:
        return self.call("PUT", "/notification-config", {"yaml": yaml})

    def tell(self, name: str, *, is_resolved: bool = False, **labels: str) -> None:
        now_ms = time.time_ns() // 1_000_000
        self.notifications.service.receive(
            [
                Alert(
                    project_id=DEFAULT_PROJECT,
                    labels=labels_of({"alertname": name, "project": "default", **labels}),
                    annotations=(("summary", f"{name} <is> wrong"),),
                    starts_at_ms=now_ms,
                    ends_at_ms=now_ms if is_resolved else 0,
                    updated_at_ms=now_ms,
                    value=0.25,
                    expression="x > 0.2",
                    generator_url="http://spanglass.example/rule",
                )
            ]
        )

    def close(self) -> None:
        self.notifications.service.stop()
        self.client.close()
        self.store.close()
        self.directory.close()


@pytest.fixture
def make_api(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    made: list[Api] = []
    numbers = itertools.count()

    def make(**settings: Any) -> Api:
        api = Api(tmp_path / settings.pop("name", str(next(numbers))), **settings)
        made.append(api)
        return api

    yield make
    for api in made:
        api.close()


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    made = make_api()
    made.notifications.service.start()
    return made


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


def _eventually(check: Callable[[], bool], *, timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.03)


def test_an_alert_is_told_once_and_its_end_too(api: Api, hook: HttpReceiver) -> None:
    api.configure(_CONFIG.format(url=hook.url))
    api.tell("Slow", feature="search")
    api.tell("Slow", feature="chat")
    first = hook.await_requests(1)[0]
    assert first.path == "/hook?token=S3CRET"
    assert first.json["status"] == "firing"
    assert first.json["version"] == "4"
    assert first.json["groupKey"] == '{}:{alertname="Slow"}'
    assert first.json["groupLabels"] == {"alertname": "Slow"}
    assert first.json["commonLabels"] == {"alertname": "Slow", "project": "default"}
    assert [alert["labels"]["feature"] for alert in first.json["alerts"]] == ["search", "chat"]
    assert first.json["externalURL"] == "http://spanglass.example"
    time.sleep(0.8)
    assert len(hook.requests) == 1
    api.tell("Slow", feature="search", is_resolved=True)
    api.tell("Slow", feature="chat", is_resolved=True)
    last = hook.await_requests(2)[-1]
    assert last.json["status"] == "resolved"
    _eventually(lambda: len(api.call("GET", "/notifications")["items"]) >= 2)
    attempts = api.call("GET", "/notifications")["items"]
    assert {attempt["status"] for attempt in attempts} == {"firing", "resolved"}
    assert all(attempt["ok"] and attempt["error"] is None for attempt in attempts)


def test_a_restart_does_not_repeat_what_was_told(make_api: Callable[..., Api], hook: HttpReceiver) -> None:
    first = make_api(name="same")
    first.notifications.service.start()
    first.configure(_CONFIG.format(url=hook.url))
    first.tell("Slow")
    hook.await_requests(1)
    first.notifications.service.stop()
    second = make_api(name="same")
    second.notifications.service.start()
    second.tell("Slow")
    time.sleep(1.0)
    assert len(hook.requests) == 1
    second.tell("Slow", is_resolved=True)
    assert hook.await_requests(2)[1].json["status"] == "resolved"


def test_messages_go_out_while_the_database_is_down_and_are_remembered_when_it_is_back(
    make_api: Callable[..., Api], hook: HttpReceiver
) -> None:
    first = make_api(name="same")
    first.notifications.service.start()
    first.configure(_CONFIG.format(url=hook.url))
    first.tell("Slow")
    hook.await_requests(1)
    first.outaged.is_down = True
    first.tell("Dear")
    hook.await_requests(2)
    time.sleep(1.2)
    first.outaged.is_down = False
    _eventually(lambda: len(first.store.load_log(DEFAULT_PROJECT)) == 2)
    first.notifications.service.stop()
    second = make_api(name="same")
    second.notifications.service.start()
    second.tell("Slow")
    second.tell("Dear")
    time.sleep(1.0)
    assert [request.json["groupLabels"]["alertname"] for request in hook.requests] == ["Slow", "Dear"]


def test_a_server_that_does_not_send_shows_what_the_other_one_holds(
    make_api: Callable[..., Api], hook: HttpReceiver
) -> None:
    sender, other = make_api(name="same"), make_api(name="same")
    sender.notifications.service.start()
    other.configure(_CONFIG.format(url=hook.url))
    sender.tell("Slow")
    hook.await_requests(1)
    _eventually(lambda: len(other.call("GET", "/notified-alerts")["items"]) == 1)
    _eventually(lambda: len(other.call("GET", "/notifications")["items"]) == 1)
    other.tell("Dear")
    silence = {"matchers": '{alertname="Slow"}', "ends_at": "now+1h", "created_by": "a", "comment": "b"}
    other.call("POST", "/silences", silence, status=201)
    assert sender.call("GET", "/notified-alerts")["items"][0]["state"] == "suppressed"
    time.sleep(0.5)
    assert len(hook.requests) == 1


def test_a_receiver_that_fails_is_tried_again_and_each_try_is_shown(api: Api, hook: HttpReceiver) -> None:
    hook.reply = lambda _request: Reply(503, b"not   now\n") if len(hook.requests) < 2 else Reply()
    api.configure(_CONFIG.format(url=hook.url))
    api.tell("Slow")
    hook.await_requests(2)
    _eventually(lambda: len(api.call("GET", "/notifications")["items"]) >= 2)
    newest, oldest = api.call("GET", "/notifications", receiver="team")["items"]
    assert (oldest["ok"], oldest["error"], oldest["will_retry"]) == (False, "answered 503: not now", True)
    assert (newest["ok"], newest["number"]) == (True, 2)
    report = api.call("GET", "/receivers")["items"][0]
    assert (report["name"], report["is_routed"]) == ("team", True)
    integration = report["integrations"][0]
    assert (integration["name"], integration["target"]) == ("webhook[0]", "127.0.0.1")
    assert (integration["sent_count"], integration["failed_count"]) == (1, 1)
    assert integration["last_attempt"]["ok"] is True


def test_secrets_are_never_shown_and_stay_where_they_are_left_hidden(api: Api, hook: HttpReceiver) -> None:
    shown = api.configure(_CONFIG.format(url=hook.url))
    assert "S3CRET" not in str(shown)
    assert 'url: "***"' in shown["yaml"]
    again = api.configure(shown["yaml"].replace("group_wait: 100ms", "group_wait: 50ms"))
    assert again["source"] == "project"
    assert api.call("POST", "/receivers/team/test")["items"][0]["ok"] is True
    assert hook.requests[0].path == "/hook?token=S3CRET"
    assert "S3CRET" not in str(api.call("GET", "/receivers")) + str(api.call("GET", "/notifications"))


def test_an_answer_that_repeats_the_secret_is_shown_without_it(api: Api, hook: HttpReceiver) -> None:
    hook.reply = lambda request: Reply(404, f"Cannot POST {request.path}".encode())
    api.configure(_CONFIG.format(url=hook.url))
    attempt = api.call("POST", "/receivers/team/test")["items"][0]
    assert attempt["error"] == "answered 404: Cannot POST /***?***=***"


def test_a_hidden_secret_does_not_move_to_another_target(api: Api) -> None:
    config = _CONFIG.format(url="http://127.0.0.1:1") + "  pagerduty_configs: [{routing_key: K3Y}]\n"
    shown = api.configure(config)["yaml"]
    moved = shown.replace('{routing_key: "***"}', '{routing_key: "***", url: "https://evil.example"}')
    problem = api.call("PUT", "/notification-config", {"yaml": moved}, status=400)
    assert "the target of `routing_key` has changed" in problem["detail"]
    assert "K3Y" not in str(problem)


def test_a_configuration_that_is_wrong_is_refused_with_its_line(api: Api) -> None:
    problem = api.call(
        "PUT", "/notification-config", {"yaml": "route:\n  receiver: x\n  group_weight: 1s\n"}, status=400
    )
    assert problem["detail"] == "line 2: there is no receiver `x`"
    assert api.call("GET", "/notification-config") == {"yaml": "", "source": "none", "error": None}


def test_files_and_variables_of_the_server_are_not_a_projects(api: Api) -> None:
    for key in ("url_file: /etc/passwd", "url_env: PATH"):
        config = f"route: {{receiver: a}}\nreceivers: [{{name: a, webhook_configs: [{{{key}}}]}}]"
        problem = api.call("PUT", "/notification-config", {"yaml": config}, status=400)
        assert "only in the server's own configuration file" in problem["detail"]


def test_the_operators_file_is_for_all_projects_and_read_again_when_it_changes(
    make_api: Callable[..., Api], hook: HttpReceiver, tmp_path: Path
) -> None:
    file = tmp_path / "alertmanager.yml"
    (tmp_path / "url").write_text(f"{hook.url}/from-file\n")
    file.write_text(
        _CONFIG.format(url=hook.url).replace(f"url: '{hook.url}/hook?token=S3CRET'", "url_file: url")
    )
    api = make_api(notification_config=file)
    api.notifications.service.start()
    assert api.call("GET", "/notification-config")["source"] == "file"
    assert "own file" in api.call("PUT", "/notification-config", {"yaml": ""}, status=400)["detail"]
    assert api.call("POST", "/receivers/team/test")["items"][0]["ok"] is True
    assert hook.requests[0].path == "/from-file"
    good = file.read_text()
    file.write_text("route: {}")
    assert "needs a `receiver`" in api.call("GET", "/notification-config")["error"]
    assert api.call("POST", "/receivers/team/test")["items"][0]["ok"] is True
    file.write_text(good.replace("name: team", "name: crew").replace("receiver: team", "receiver: crew"))
    assert [found["name"] for found in api.call("GET", "/receivers")["items"]] == ["crew"]


def test_private_addresses_are_refused_unless_they_are_allowed(
    make_api: Callable[..., Api], hook: HttpReceiver
) -> None:
    api = make_api(notify_private_targets=False)
    api.configure(_CONFIG.format(url=hook.url))
    attempt = api.call("POST", "/receivers/team/test")["items"][0]
    assert attempt["ok"] is False
    assert "SPANGLASS_NOTIFY_PRIVATE_TARGETS" in attempt["error"]
    assert hook.requests == []


def test_a_silence_is_made_changed_and_ended(api: Api, hook: HttpReceiver) -> None:
    api.configure(_CONFIG.format(url=hook.url))
    made = api.call(
        "POST",
        "/silences",
        {"matchers": '{alertname="Slow"}', "ends_at": "now+2h", "created_by": "ada", "comment": "known"},
        status=201,
    )
    assert made["state"] == "active"
    assert made["matchers"] == [{"name": "alertname", "op": "=", "value": "Slow"}]
    api.tell("Slow")
    api.tell("Dear")
    hook.await_requests(1)
    time.sleep(0.5)
    assert [request.json["groupLabels"]["alertname"] for request in hook.requests] == ["Dear"]
    alerts = {alert["labels"]["alertname"]: alert for alert in api.call("GET", "/notified-alerts")["items"]}
    assert (alerts["Slow"]["state"], alerts["Slow"]["silenced_by"]) == ("suppressed", [made["id"]])
    assert (alerts["Dear"]["state"], alerts["Dear"]["receivers"]) == ("active", ["team"])
    longer = api.call(
        "PUT",
        f"/silences/{made['id']}",
        {**_input(made), "ends_at": "now+3h"},
    )
    assert longer["id"] == made["id"]
    other = api.call("PUT", f"/silences/{made['id']}", {**_input(made), "matchers": '{alertname="Dear"}'})
    assert other["id"] != made["id"]
    states = {one["id"]: one["state"] for one in api.call("GET", "/silences")["items"]}
    assert states == {made["id"]: "expired", other["id"]: "active"}
    hook.await_requests(2)
    assert hook.requests[1].json["groupLabels"]["alertname"] == "Slow"
    assert api.call("DELETE", f"/silences/{other['id']}")["state"] == "expired"
    assert api.call("GET", f"/silences/{other['id']}")["state"] == "expired"


def test_a_preview_tells_which_alerts_a_silence_would_match(api: Api) -> None:
    api.tell("Slow", service="a")
    api.tell("Slow", service="b")
    body = {"matchers": [{"name": "service", "op": "=~", "value": "a|c"}]}
    found = api.call("POST", "/silences/preview", body)["items"]
    assert [alert["labels"]["service"] for alert in found] == ["a"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"matchers": ""}, "needs a matcher"),
        ({"matchers": '{a=~".*"}'}, "must not match the empty value"),
        ({"matchers": '{a=~"("}'}, "not a regular expression"),
        ({"ends_at": "now-1h"}, "ends after it starts"),
        ({"comment": " "}, "who made it and why"),
        ({"starts_at": "now+3h"}, "ends after it starts"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(api: Api, change: dict[str, str], reason: str) -> None:
    body = {"matchers": '{a="b"}', "ends_at": "now+2h", "created_by": "ada", "comment": "known", **change}
    assert reason in api.call("POST", "/silences", body, status=400)["detail"]


def _input(silence: dict[str, Any]) -> dict[str, Any]:
    return {name: silence[name] for name in ("matchers", "starts_at", "ends_at", "created_by", "comment")}


def test_an_unknown_receiver_or_silence_is_not_found(api: Api) -> None:
    assert "no receiver" in api.call("POST", "/receivers/x/test", status=404)["detail"]
    assert "no silence" in api.call("GET", "/silences/x", status=404)["detail"]


def test_forgetting_the_configuration_stops_telling(api: Api, hook: HttpReceiver) -> None:
    api.configure(_CONFIG.format(url=hook.url))
    api.call("DELETE", "/notification-config", status=204)
    api.tell("Slow")
    time.sleep(0.6)
    assert hook.requests == []
    assert api.call("GET", "/notified-alerts")["items"][0]["receivers"] == []


def test_many_groups_are_each_told_once(api: Api, hook: HttpReceiver) -> None:
    numbers = random.Random(3).sample(range(1000), 40)
    api.configure(_CONFIG.format(url=hook.url))
    for number in numbers:
        api.tell(f"Slow{number}")
    hook.await_requests(40)
    time.sleep(1.0)
    assert sorted(request.json["groupLabels"]["alertname"] for request in hook.requests) == sorted(
        f"Slow{number}" for number in numbers
    )
