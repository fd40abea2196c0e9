"""Alertmanager's YAML: what is read, what is refused and where."""

import re
from pathlib import Path

import pytest
from tests.support.notify_messages import make_notification

from spanglass_server.base.errors import BadInput
from spanglass_server.notify.config import NotificationConfig
from spanglass_server.notify.config_file import parse_config
from spanglass_server.notify.integrations.base import Sources
from spanglass_server.notify.templates import to_data

_ROUTES = """
route:
  receiver: default
  group_by: [alertname, feature]
  group_wait: 10s
  routes:
  - matchers: ['severity="critical"']
    receiver: pager
    continue: true
    group_by: ['...']
  - match: {team: search}
    match_re: {env: prod|staging}
    receiver: search
    routes:
    - matchers: [severity=~"info|debug"]
      receiver: nobody
      repeat_interval: 1d
  - matchers: [team!="", severity!="info"]
    receiver: teams
receivers:
- {name: default}
- {name: pager}
- {name: search}
- {name: nobody}
- {name: teams}
"""


def _parse(text: str, directory: Path | None = None, **environ: str) -> NotificationConfig:
    return parse_config(text, Sources(environ=environ, directory=directory))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["default"]),
        ({"severity": "critical"}, ["pager"]),
        ({"severity": "critical", "team": "search", "env": "prod"}, ["pager", "search"]),
        ({"severity": "info", "team": "search", "env": "staging"}, ["nobody"]),
        ({"severity": "warning", "team": "search", "env": "dev"}, ["teams"]),
        ({"severity": "info", "team": "x"}, ["default"]),
        ({"severity": "critical", "team": "x"}, ["pager", "teams"]),
    ],
)
def test_an_alert_takes_the_routes_that_alertmanager_would_give_it(
    labels: dict[str, str], receivers: list[str]
) -> None:
    route = _parse(_ROUTES).route
    assert route is not None
    assert [found.receiver for found in route.find(labels)] == receivers


def test_routes_inherit_what_they_do_not_say() -> None:
    root = _parse(_ROUTES).route
    assert root is not None
    pager, search, _ = root.routes
    assert (search.group_by, search.group_wait_ms) == (frozenset({"alertname", "feature"}), 10_000)
    assert (search.routes[0].repeat_interval_ms, search.repeat_interval_ms) == (86_400_000, 4 * 3_600_000)
    assert pager.groups_by_all
    assert pager.group_labels((("a", "b"), ("c", "d"))) == (("a", "b"), ("c", "d"))
    assert search.routes[0].key == '{}/{env=~"prod|staging",team="search"}/{severity=~"info|debug"}'


_ONE = "route: {receiver: a}\nreceivers:\n- name: a\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("route: {}", "line 1: the top route needs a `receiver`"),
        ("receivers: [{name: a}]", "line 1: there are receivers and no `route` that leads to them"),
        ("[]", "line 1: the configuration should be a mapping of names to values"),
        ("route: [", "line 1: this is not YAML"),
        ("a: b", "line 1: the configuration has no `a`"),
        (_ONE + "- name: a\n", "line 4: the receiver `a` stands twice"),
        (_ONE + "rout: {}\n", "line 4: the configuration has no `rout`"),
        (_ONE.replace("receiver: a", "receiver: b"), "line 1: there is no receiver `b`"),
        (
            _ONE.replace("receiver: a}", "receiver: a, group_wait: soon}"),
            "line 1: `group_wait`: not a valid dura",
        ),
        (
            _ONE.replace("receiver: a}", "receiver: a, group_interval: 0s}"),
            "line 1: `group_interval` must be lon",
        ),
        (
            _ONE.replace("receiver: a}", "receiver: a, matchers: [a=b]}"),
            "line 1: the top route takes every alert",
        ),
        (
            _ONE.replace("receiver: a}", "receiver: a, group_by: [a, a]}"),
            "line 1: `a` is not a label's name, or",
        ),
        (
            _ONE.replace("receiver: a}", "receiver: a, routes: [{matchers: ['a=~(']}]}"),
            "line 1: `matchers`: `(` is",
        ),
        (
            _ONE + "  slack_configs: [{api_url: 'http://x', actions: []}]\n",
            "line 4: `actions` of Alertmanager is",
        ),
        (
            _ONE + "  slack_configs: [{api_url: 'http://x', title: '{{ nope }}'}]\n",
            "line 4: template: :1: functio",
        ),
        (
            _ONE + "  webhook_configs: [{url: x, send_resolved: maybe}]\n",
            "line 4: `send_resolved` is true or f",
        ),
        (
            _ONE + "  webhook_configs: [{url: x, max_alerts: -1}]\n",
            "line 4: `max_alerts` is a whole number from 0",
        ),
        (
            _ONE + "  webhook_configs: [{url: x, http_config: {proxy_url: y}}]\n",
            "line 4: `proxy_url` of Alertman",
        ),
        (
            _ONE + "  pagerduty_configs: [{service_key: x}]\n",
            "line 4: `service_key` belongs to PagerDuty's Even",
        ),
        (
            _ONE + "  apprise_configs: [{url: hello}]\n",
            "line 4: an Apprise URL begins with the service's scheme",
        ),
        (
            _ONE + "  alertmanager_configs: [{url: x, send_resolved: true}]\n",
            "line 4: `send_resolved` of Alertm",
        ),
        (
            _ONE + "global: {opsgenie_api_key: x}\n",
            "line 4: `opsgenie_api_key` of Alertmanager is",
        ),
        (_ONE + "templates: ['*.tmpl']\n", "line 4: `templates` may stand only in the server's own"),
        (_ONE + "tracing: {}\n", "line 4: `tracing` of Alertmanager is not supported in the configuration"),
        (
            "route: {receiver: a, mute_time_intervals: [x]}",
            "line 1: the top route takes every alert",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadInput, match="^" + re.escape(message)):
        _parse(text)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("opsgenie_configs: [{}]", "`opsgenie_configs` of Alertmanager is not supported"),
        ("slack_configs: [{channel: x}]", "Slack needs `api_url`"),
        ("slack_configs: [{bot_token: x}]", "a bot needs the `channel`"),
        ("webhook_configs: [{}]", "a webhook needs `url`"),
        ("webhook_configs: {url: x}", "`webhook_configs` should be a list"),
        ("email_configs: [{to: nobody}]", "`to` is no list of mail addresses"),
        ("email_configs: [{to: a@b.c, from: x@y.z}]", "e-mail needs `smarthost`"),
    ],
)
def test_what_is_wrong_with_a_receiver_is_told_with_its_line(entry: str, message: str) -> None:
    with pytest.raises(BadInput, match="^line 4: " + re.escape(message)):
        _parse(f"{_ONE}  {entry}\n")


def test_aliases_cannot_make_a_small_text_huge() -> None:
    lines = ["a0: &a0 [{matchers: [x=y]}]"]
    lines += [f"a{n}: &a{n} [{{routes: *a{n - 1}}}, {{routes: *a{n - 1}}}]" for n in range(1, 30)]
    text = "\n".join([*lines, "route: {receiver: a, routes: *a29}", "receivers: [{name: a}]"])
    with pytest.raises(BadInput, match="more than 10000 sections"):
        _parse(text)
    with pytest.raises(BadInput, match=r"deep inside one another|sections"):
        _parse("x: &x {routes: [*x]}\nroute: {receiver: a, routes: [*x]}\nreceivers: [{name: a}]")


def test_secrets_come_from_files_and_variables_of_the_operators_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "mine.tmpl").write_text('{{ define "slack.default.title" }}mine{{ end }}')
    text = _ONE + (
        "  pagerduty_configs: [{routing_key_file: key}]\n"
        "  slack_configs: [{bot_token_env: BOT, channel: c}]\n"
        "templates: ['*.tmpl']\n"
    )
    config = _parse(text, tmp_path, BOT="from-variable")
    slack, pagerduty = config.receivers["a"].integrations
    assert pagerduty.routing_key.reveal() == "from-file"  # type: ignore[attr-defined]
    assert slack.http.secret.reveal() == "from-variable"  # type: ignore[attr-defined]
    assert "from-" not in repr(config)
    (tmp_path / "key").write_text("replaced")
    assert pagerduty.routing_key.reveal() == "replaced"  # type: ignore[attr-defined]
    data = to_data(make_notification(), external_url="")
    assert config.templates.render('{{ template "slack.default.title" . }}', data) == "mine"


def test_two_ways_to_give_one_secret_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="`url` and `url_file` exclude each other"):
        _parse(_ONE + "  webhook_configs: [{url: x, url_file: y}]\n", tmp_path)
