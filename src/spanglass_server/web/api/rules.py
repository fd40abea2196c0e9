"""Rules: what they are doing, the files they come from, and when one would have fired."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import QueryInvalid, StorageUnavailable
from spanglass_server.metrics.own import own_metadata
from spanglass_server.metrics.runner import Cancellation
from spanglass_server.model.series import Labels, Matcher
from spanglass_server.notify.muting import Mute
from spanglass_server.promql.durations import parse_duration_ms
from spanglass_server.rules.backtest import BacktestRule, gaps_of_recorded, run_backtest
from spanglass_server.rules.files import RuleFile, RuleFileInvalid
from spanglass_server.rules.lint import (
    Finding,
    KnownSeries,
    built_in_series,
    finding_json,
    invalid_findings,
    lint,
    with_stored,
)
from spanglass_server.rules.sources import LoadedFile
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import rule_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.rule_shape import alerts_json, backtest_json, file_json, group_json
from spanglass_server.web.api.shape import Json, json_response
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.params import time_range
from spanglass_server.web.services import Services

_MS_NS: Final = 1_000_000
_DAY_NS: Final = 86_400_000 * _MS_NS
_KNOWN_SERIES_MAX: Final = 20_000
_STEP_MS_MIN: Final = 1_000
_NAMED: Final = [Matcher("__name__", "!~", "(llm|spanglass)_.*")]
"""Series that are not built in."""
FileName = Annotated[str, Path(max_length=200, description="Unique in the project.", examples=["team-a.yml"])]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["rules"])
    lane = [Depends(long_lane)]
    add = router.add_api_route
    add("/rules", list_rules, response_model=models.RuleGroups)
    add("/rules/backtest", backtest, response_model=models.Backtest, dependencies=lane)
    add("/alerts", list_alerts, response_model=models.ActiveAlerts)
    add("/rule-files", list_files, response_model=models.RuleFiles)
    add("/rule-files/check", check_file, response_model=models.Findings, methods=["POST"])
    add("/rule-files/{name:path}", get_file, response_model=models.CheckedRuleFile)
    add("/rule-files/{name:path}", put_file, response_model=models.CheckedRuleFile, methods=["PUT"])
    add("/rule-files/{name:path}", switch_file, response_model=models.RuleFile, methods=["PATCH"])
    add("/rule-files/{name:path}", delete_file, status_code=204, methods=["DELETE"])
    return router


def list_rules(caller: Reading, services: Serving) -> Response:
    """The project's rule groups with their rules and what those are doing, by file."""
    mutes, project = _mutes(services, caller.project.id), caller.project.name
    groups = services.rules.list_groups(caller.project.id)
    return json_response({"items": [group_json(group, mutes, project) for group in groups]})


def list_alerts(caller: Reading, services: Serving) -> Response:
    """Pending and firing alerts, with who need not hear of them and why."""
    groups = services.rules.list_groups(caller.project.id)
    mutes = _mutes(services, caller.project.id)
    return json_response({"items": alerts_json(groups, mutes, caller.project.name)})


def list_files(caller: Reading, services: Serving) -> Response:
    """The rule files in force: those that come with Spanglass, those on the server's disk, the project's."""
    files = services.rules.list_files(caller.project.id)
    return json_response({"items": [file_json(file) for file in files]})


def get_file(caller: Reading, services: Serving, name: FileName) -> Response:
    """A rule file, with what `spanglass rules check` finds in it."""
    file = services.rules.get_file(caller.project.id, name)
    return _checked(services, caller.project.id, file)


def put_file(caller: Editing, services: Serving, name: FileName, given: models.RuleFileInput) -> Response:
    """Make or change a rule file; in place of one that comes with Spanglass where it has that name. What
    cannot be loaded is refused; what is only found suspicious is told."""
    file = services.rules.put_file(caller.project.id, name, given.content)
    return _checked(services, caller.project.id, file)


def switch_file(caller: Editing, services: Serving, name: FileName, given: models.RuleFileSwitch) -> Response:
    """Switch a file's rules on or off; those that come with Spanglass, too."""
    file = services.rules.enable_file(caller.project.id, name, is_enabled=given.is_enabled)
    return json_response(file_json(file))


def delete_file(caller: Editing, services: Serving, name: FileName) -> Response:
    """Delete a rule file. One that stood in place of a file that comes with Spanglass gives way to it."""
    services.rules.delete_file(caller.project.id, name)
    return Response(status_code=204)


def check_file(caller: Reading, services: Serving, given: models.RuleFileInput) -> Response:
    """What is wrong with rules that are still being written; nothing is stored."""
    try:
        rules = services.rules.check_file(given.name or "rules.yml", given.content)
    except RuleFileInvalid as error:
        return json_response({"is_valid": False, "findings": _findings_json(invalid_findings(error))})
    found = _lint(services, caller.project.id, rules)
    return json_response({"is_valid": True, "findings": _findings_json(found)})


def backtest(
    caller: Reading,
    services: Serving,
    during: Annotated[TimeRange, Depends(time_range)],
    expr: Annotated[str, Query(description="The expression, unless `rule` names one.")] = "",
    rule: Annotated[str, Query(description="An alerting rule of the project: GROUP/NAME.")] = "",
    for_: Annotated[str, Query(alias="for", description="Such as `5m`.")] = "",
    keep_firing_for: Annotated[str, Query(description="Such as `5m`.")] = "",
    step: Annotated[str, Query(description="Time between evaluations: a duration.")] = "1m",
) -> Response:
    """When the rule would have been pending and firing over past time."""
    tested = _tested(services, caller.project.id, expr, rule, for_, keep_firing_for)
    step_ms = _duration_ms(step, "step")
    if step_ms < _STEP_MS_MIN:
        raise QueryInvalid("`step` is shorter than a second")
    # On multiples of the step, as rounds of evaluation are, so that the same question has the same answer.
    from_ms = -(-during.from_ns // _MS_NS // step_ms) * step_ms
    to_ms = max(from_ms, during.to_ns // _MS_NS // step_ms * step_ms)
    found = run_backtest(
        services.metrics,
        caller.project.id,
        tested,
        from_ms=from_ms,
        to_ms=to_ms,
        step_ms=step_ms,
        cancellation=Cancellation(timeout_s=services.metrics.limits.timeout_s),
    )
    gaps = gaps_of_recorded(
        services.metrics,
        caller.project.id,
        tested.expression,
        _recorded_names(services, caller.project.id),
        from_ms=from_ms,
        to_ms=to_ms,
    )
    found = replace(found, warnings=[*gaps, *found.warnings])
    return json_response(backtest_json(found, tested, from_ms=from_ms, to_ms=to_ms, step_ms=step_ms))


def _recorded_names(services: Services, project_id: str) -> frozenset[str]:
    groups = services.rules.list_groups(project_id)
    return frozenset(rule.name for group in groups for rule in group.rules if rule.kind == "recording")


def _tested(
    services: Services, project_id: str, expr: str, rule: str, for_: str, keep_firing_for: str
) -> BacktestRule:
    """What is given, over what the named rule says."""
    if bool(expr) == bool(rule):
        raise QueryInvalid(
            "give either `expr` or `rule`", hint="`rule` is GROUP/NAME, as /api/v1/rules lists"
        )
    known = None
    if rule:
        group, _, name = rule.rpartition("/")
        known = services.rules.find_rule(project_id, group, name)
    return BacktestRule(
        expression=known.expression if known else expr,
        for_ms=_duration_ms(for_, "for") if for_ or not known else known.for_ms,
        keep_firing_for_ms=_duration_ms(keep_firing_for, "keep_firing_for")
        if keep_firing_for or not known
        else known.keep_firing_for_ms,
    )


def _duration_ms(text: str, name: str) -> int:
    if text in ("", "0"):
        return 0
    try:
        return parse_duration_ms(text)
    except ValueError as error:
        raise QueryInvalid(f"`{name}`: {error}", hint="write a duration such as 30s, 5m or 1h30m") from None


def _checked(services: Services, project_id: str, file: LoadedFile) -> Response:
    found: Sequence[Finding]
    try:
        found = _lint(services, project_id, services.rules.check_file(file.name, file.text))
    except RuleFileInvalid as error:
        found = invalid_findings(error)
    return json_response(file_json(file) | {"findings": _findings_json(found)})


def _lint(services: Services, project_id: str, rules: RuleFile) -> Sequence[Finding]:
    return lint([rules], _known_series(services, project_id))


def _known_series(services: Services, project_id: str) -> KnownSeries:
    """What the project's last day has; what is built in alone where storage does not answer."""
    known = built_in_series(own_metadata())
    now_ns = services.now_ns()
    try:
        series = services.series.list_series(
            project_id, TimeRange(now_ns - _DAY_NS, now_ns), [_NAMED], limit=_KNOWN_SERIES_MAX + 1
        )
        metadata = services.series.list_metadata(project_id, metric="", limit=_KNOWN_SERIES_MAX)
    except StorageUnavailable:
        return known
    return known if len(series) > _KNOWN_SERIES_MAX else with_stored(known, series, metadata)


def _findings_json(findings: Sequence[Finding]) -> Sequence[Json]:
    return [finding_json(finding) for finding in findings]


def _mutes(services: Services, project_id: str) -> Mapping[Labels, Mute]:
    return {view.alert.labels: view.mute for view in services.notifications.list_alerts(project_id)}
