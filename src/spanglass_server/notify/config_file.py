"""Alertmanager's YAML made into a NotificationConfig. What is wrong or not supported is told with its line.

Source: Alertmanager's documentation of its configuration, version 0.25 and later.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from spanglass_server.base.limits import NOTIFICATION_CONFIG_CHARS_MAX, RECEIVER_INTEGRATIONS_MAX
from spanglass_server.gotemplate import TemplateError
from spanglass_server.model.series import Matcher
from spanglass_server.notify.config import (
    MESSAGES_PER_MINUTE_MAX,
    NO_RECEIVERS,
    RESOLVE_TIMEOUT_MS,
    InhibitRule,
    NotificationConfig,
    Receiver,
    Route,
)
from spanglass_server.notify.integrations import INTEGRATIONS, ParseIntegration
from spanglass_server.notify.integrations.base import Globals, Integration, Sources, read_secret
from spanglass_server.notify.integrations.http_config import parse_http_config
from spanglass_server.notify.intervals import TimeInterval, parse_time_intervals
from spanglass_server.notify.matchers import make_matcher, parse_matchers, print_matchers
from spanglass_server.notify.templates import Templates
from spanglass_server.notify.yaml_section import ConfigInvalid, Section, compose

_LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
_ROUTE_DEPTH_MAX: Final = 50
_TEMPLATE_FILES_MAX: Final = 100
_NO_SUCH_INTEGRATION: Final = "use `apprise_configs`, which reaches it by a URL (docs/notifications.md)"
_UNSUPPORTED_RECEIVER: Final = dict.fromkeys(
    (
        f"{name}_configs"
        for name in [
            "opsgenie",
            "victorops",
            "wechat",
            "sns",
            "telegram",
            "webex",
            "pushover",
            "discord",
            "msteams",
            "msteamsv2",
            "jira",
            "rocketchat",
            "incidentio",
            "mattermost",
        ]
    ),
    _NO_SUCH_INTEGRATION,
)
_UNSUPPORTED_GLOBAL: Final = dict.fromkeys(
    [
        "opsgenie_api_key",
        "opsgenie_api_key_file",
        "opsgenie_api_url",
        "victorops_api_key",
        "victorops_api_key_file",
        "victorops_api_url",
        "wechat_api_url",
        "wechat_api_secret",
        "wechat_api_corp_id",
        "telegram_api_url",
        "webex_api_url",
        "jira_api_url",
    ],
    _NO_SUCH_INTEGRATION,
) | {
    "smtp_auth_secret": "CRAM-MD5 is not supported: use smtp_auth_password",
    "smtp_auth_identity": "leave it out: the user name is the identity",
}


def parse_config(text: str, sources: Sources) -> NotificationConfig:
    """Raises ConfigInvalid, or TemplateError for template files. An empty text has no receivers."""
    if len(text) > NOTIFICATION_CONFIG_CHARS_MAX:
        raise ConfigInvalid(
            f"a configuration ends after {NOTIFICATION_CONFIG_CHARS_MAX:,} characters", line=1
        )
    tree = compose(text)
    if tree is None:
        return NO_RECEIVERS
    root = Section(tree, what="the configuration")
    general, resolve_timeout_ms = _parse_global(root, sources)
    templates = _read_templates(root, sources)
    intervals = parse_time_intervals(root)
    receivers = _parse_receivers(root, general, templates)
    config = NotificationConfig(
        route=_parse_root_route(root, receivers, intervals),
        receivers=receivers,
        inhibit_rules=tuple(
            _parse_inhibit_rule(section)
            for section in root.sections("inhibit_rules", what="an inhibition rule")
        ),
        time_intervals=intervals,
        resolve_timeout_ms=resolve_timeout_ms,
        templates=templates,
    )
    root.finish(unsupported={"tracing": "Spanglass does not trace itself"})
    return config


def _parse_global(root: Section, sources: Sources) -> tuple[Globals, int]:
    section = root.section("global")
    default = Globals(sources=sources)
    if section is None:
        return default, RESOLVE_TIMEOUT_MS
    found = replace(
        default,
        slack_api_url=read_secret(section, "slack_api_url", sources),
        slack_bot_token=read_secret(section, "slack_bot_token", sources),
        pagerduty_url=section.text("pagerduty_url", default.pagerduty_url),
        smtp_from=section.text("smtp_from"),
        smtp_smarthost=section.text("smtp_smarthost"),
        smtp_hello=section.text("smtp_hello", default.smtp_hello),
        smtp_auth_username=section.text("smtp_auth_username"),
        smtp_auth_password=read_secret(section, "smtp_auth_password", sources),
        smtp_require_tls=section.boolean("smtp_require_tls", default=True),
        http=parse_http_config(section, default.http, sources),
    )
    resolve_timeout_ms = section.duration_ms("resolve_timeout", RESOLVE_TIMEOUT_MS)
    section.finish(unsupported=_UNSUPPORTED_GLOBAL)
    return found, resolve_timeout_ms


def _read_templates(root: Section, sources: Sources) -> Templates:
    patterns = root.texts("templates")
    if patterns and sources.directory is None:
        root.fail(
            "`templates` may stand only in the server's own configuration file",
            key="templates",
            hint="write the template where it is used",
        )
    files: list[tuple[str, str]] = []
    for pattern in patterns:
        for path in _find_files(sources.directory or Path(), pattern):
            try:
                files.append((path.name, path.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError) as problem:
                root.fail(f"cannot read the template file {path}: {problem}", key="templates")
    if len(files) > _TEMPLATE_FILES_MAX:
        root.fail(f"there are more than {_TEMPLATE_FILES_MAX} template files", key="templates")
    return Templates(files)


def _find_files(directory: Path, pattern: str) -> Sequence[Path]:
    path = Path(pattern)
    base = Path(path.anchor) if path.is_absolute() else directory
    relative = path.relative_to(path.anchor) if path.is_absolute() else path
    return sorted(found for found in base.glob(str(relative)) if found.is_file())


def _parse_receivers(root: Section, general: Globals, templates: Templates) -> Mapping[str, Receiver]:
    found: dict[str, Receiver] = {}
    for section in root.sections("receivers", what="a receiver"):
        name = section.required_text("name")
        if name in found:
            section.fail(f"the receiver `{name}` stands twice", key="name")
        integrations = [
            _parse_integration(kind.parse, part, general, templates)
            for kind in INTEGRATIONS
            for part in section.sections(kind.key, what=f"an entry of `{kind.key}`")
        ]
        if len(integrations) > RECEIVER_INTEGRATIONS_MAX:
            section.fail(f"a receiver has at most {RECEIVER_INTEGRATIONS_MAX} integrations")
        limit = section.integer("messages_per_minute", MESSAGES_PER_MINUTE_MAX, least=1)
        section.finish(unsupported=_UNSUPPORTED_RECEIVER)
        found[name] = Receiver(name=name, integrations=tuple(integrations), messages_per_minute_max=limit)
    return found


def _parse_integration(
    parse: ParseIntegration, section: Section, general: Globals, templates: Templates
) -> Integration:
    try:
        return parse(section, general, templates)
    except TemplateError as problem:
        section.fail(problem.message)


def _parse_root_route(
    root: Section, receivers: Mapping[str, Receiver], intervals: Mapping[str, tuple[TimeInterval, ...]]
) -> Route | None:
    section = root.section("route", what="the top route")
    if section is None:
        if receivers:
            root.fail("there are receivers and no `route` that leads to them")
        return None
    for key in ("matchers", "match", "match_re", "continue", "mute_time_intervals", "active_time_intervals"):
        if section.has(key):
            section.fail(f"the top route takes every alert at any time: it cannot have `{key}`", key=key)
    if not section.has("receiver"):
        section.fail("the top route needs a `receiver`")
    parser = _RouteParser(receivers, intervals)
    return parser.parse(section, Route(id="", key="", receiver=""), place="0", depth=0)


class _RouteParser:
    def __init__(self, receivers: Collection[str], intervals: Collection[str]) -> None:
        self._receivers = receivers
        self._intervals = intervals

    def parse(self, section: Section, parent: Route, *, place: str, depth: int) -> Route:
        if depth > _ROUTE_DEPTH_MAX:
            section.fail(f"routes stand more than {_ROUTE_DEPTH_MAX} deep inside one another")
        matchers = _parse_all_matchers(section, ("matchers", "match", "match_re"))
        # As Alertmanager's keys of groups, which receivers such as PagerDuty know a group by.
        printed = print_matchers(matchers)
        route = replace(
            parent,
            id=place,
            key=f"{parent.key}/{printed}" if parent.key else printed,
            receiver=section.text("receiver", parent.receiver),
            matchers=matchers,
            group_wait_ms=section.duration_ms("group_wait", parent.group_wait_ms),
            group_interval_ms=section.duration_ms("group_interval", parent.group_interval_ms),
            repeat_interval_ms=section.duration_ms("repeat_interval", parent.repeat_interval_ms),
            continues=section.boolean("continue", default=False),
            mute_intervals=section.texts("mute_time_intervals"),
            active_intervals=section.texts("active_time_intervals"),
        )
        route = self._with_grouping(section, route)
        self._check(section, route)
        children = tuple(
            self.parse(child, route, place=f"{place}/{number}", depth=depth + 1)
            for number, child in enumerate(section.sections("routes", what="a route"))
        )
        section.finish()
        return replace(route, routes=children)

    def _with_grouping(self, section: Section, route: Route) -> Route:
        names = section.texts("group_by")
        if not section.has("group_by"):
            return route
        if "..." in names:
            if len(names) > 1:
                section.fail("`...` groups by all labels: no other may stand beside it", key="group_by")
            return replace(route, groups_by_all=True, group_by=frozenset())
        for name in names:
            if not _LABEL_NAME.match(name) or names.count(name) > 1:
                section.fail(f"`{name}` is not a label's name, or stands twice", key="group_by")
        return replace(route, groups_by_all=False, group_by=frozenset(names))

    def _check(self, section: Section, route: Route) -> None:
        if route.receiver not in self._receivers:
            section.fail(f"there is no receiver `{route.receiver}`", key="receiver")
        for key, names in (
            ("mute_time_intervals", route.mute_intervals),
            ("active_time_intervals", route.active_intervals),
        ):
            for name in names:
                if name not in self._intervals:
                    section.fail(f"there is no time interval `{name}`", key=key)
        for key, value in (
            ("group_interval", route.group_interval_ms),
            ("repeat_interval", route.repeat_interval_ms),
        ):
            if value <= 0:
                section.fail(f"`{key}` must be longer than 0", key=key)


def _parse_inhibit_rule(section: Section) -> InhibitRule:
    rule = InhibitRule(
        source=_parse_all_matchers(section, ("source_matchers", "source_match", "source_match_re")),
        target=_parse_all_matchers(section, ("target_matchers", "target_match", "target_match_re")),
        equal=section.texts("equal"),
    )
    section.finish()
    return rule


def _parse_all_matchers(section: Section, keys: tuple[str, str, str]) -> tuple[Matcher, ...]:
    """Of the new key, and of the two old ones, which hold a mapping."""
    new, old, old_regex = keys
    found = [matcher for text in section.texts(new) for matcher in section.parsed(new, text, parse_matchers)]
    found += [make_matcher(name, "=", value) for name, value in section.text_map(old).items()]
    for name, value in section.text_map(old_regex).items():
        found.append(section.parsed(old_regex, value, partial(make_matcher, name, "=~")))
    return tuple(sorted(found))
