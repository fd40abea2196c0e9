"""What people ask of rules, on any server: what they are doing, the files they come from, how they would have
fared."""

from collections.abc import Mapping, Sequence

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.thresholds import DEFAULTS, Thresholds
from spanglass_server.rules.evaluator import ActiveAlert, state_of
from spanglass_server.rules.files import Rule, RuleFile, RuleGroup, parse_rule_file
from spanglass_server.rules.reports import AlertReport, GroupReport, RuleReport
from spanglass_server.rules.sources import LoadedFile, RuleSources
from spanglass_server.rules.state import NO_GROUP_STATE, GroupState, RuleState, decode, states_of
from spanglass_server.store.directory import Directory
from spanglass_server.store.rules import RuleStore, StoredRuleFile
from spanglass_server.store.thresholds import ThresholdStore

NAME_CHARS_MAX = 200


class RuleService:
    """Safe from many threads. Everything may raise StorageUnavailable."""

    def __init__(
        self,
        store: RuleStore,
        sources: RuleSources,
        directory: Directory,
        thresholds: ThresholdStore,
        *,
        interval_ms: int,
        query_offset_ms: int,
        now_ns: Clock,
    ) -> None:
        self._store = store
        self._sources = sources
        self._directory = directory
        self._thresholds = thresholds
        self._interval_ms = interval_ms
        self._query_offset_ms = query_offset_ms
        self._now_ns = now_ns

    # What rules are doing

    def list_groups(self, project_id: str) -> Sequence[GroupReport]:
        """In the order of their files and of each file."""
        stored = {
            (group.file, group.name): decode(group.document) for group in self._store.load_groups(project_id)
        }
        return [
            self._report(file.name, group, stored.get((file.name, group.name), NO_GROUP_STATE))
            for file in self.list_files(project_id)
            if file.rules
            for group in file.rules.groups
        ]

    def find_rule(self, project_id: str, group: str, name: str) -> Rule:
        """Raises NotFound."""
        for file in self.list_files(project_id):
            for candidate in file.rules.groups if file.rules else ():
                for rule in candidate.rules if candidate.name == group else ():
                    if rule.name == name:
                        return rule
        raise NotFound(f"there is no rule `{group}/{name}`", hint="GET /api/v1/rules lists them")

    def _report(self, file: str, group: RuleGroup, state: GroupState) -> GroupReport:
        states = states_of(group.rules, state)
        offset_ms = self._query_offset_ms if group.query_offset_ms is None else group.query_offset_ms
        return GroupReport(
            name=group.name,
            file=file,
            interval_ms=group.interval_ms or self._interval_ms,
            limit=group.limit,
            query_offset_ms=offset_ms,
            rules=[_rule_report(rule, left) for rule, left in zip(group.rules, states, strict=True)],
            evaluated_at_ms=state.time_ms,
            duration_s=state.duration_s,
            evaluations=state.evaluations,
            missed=state.missed,
        )

    # Thresholds

    def thresholds(self, project_id: str) -> Thresholds:
        return {**DEFAULTS, **self._thresholds.get(project_id)}

    def set_thresholds(self, project_id: str, thresholds: Thresholds) -> None:
        """The rules that come with Spanglass follow at their next evaluation. A number that is the default
        one stays it if that changes."""
        own = {name: value for name, value in thresholds.items() if value != DEFAULTS[name]}
        self._thresholds.replace(project_id, own)
        self._sources.refresh(is_forced=True)

    # Files

    def list_files(self, project_id: str) -> Sequence[LoadedFile]:
        self._sources.refresh()
        return self._sources.list_files(project_id, self._project_name(project_id))

    def get_file(self, project_id: str, name: str) -> LoadedFile:
        """Raises NotFound."""
        found = next((file for file in self.list_files(project_id) if file.name == name), None)
        if found is None:
            raise NotFound(f"there is no rule file `{name}`", hint="GET /api/v1/rule-files lists them")
        return found

    def check_file(self, name: str, text: str) -> RuleFile:
        """Raises RuleFileInvalid with all problems."""
        return parse_rule_file(text, name=name)

    def put_file(self, project_id: str, name: str, text: str) -> LoadedFile:
        """In place of one that comes with Spanglass where it has that name. Raises RuleFileInvalid, and
        BadInput for a file on disk."""
        self._refuse_disk(project_id, name)
        _check_name(name)
        self.check_file(name, text)
        self._put(project_id, name, text, is_enabled=True)
        return self.get_file(project_id, name)

    def enable_file(self, project_id: str, name: str, *, is_enabled: bool) -> LoadedFile:
        """Raises NotFound, and BadInput for a file on disk."""
        self._refuse_disk(project_id, name)
        known = self.get_file(project_id, name)
        self._put(project_id, name, known.text if known.source == "api" else None, is_enabled=is_enabled)
        return self.get_file(project_id, name)

    def delete_file(self, project_id: str, name: str) -> None:
        """One that comes with Spanglass is as it came then. Raises NotFound."""
        self._refuse_disk(project_id, name)
        if not self._store.delete_file(project_id, name):
            hint = "it comes with Spanglass: PATCH is_enabled to switch it off"
            raise NotFound(
                f"there is no rule file `{name}` to delete",
                hint=hint if self._sources.is_default(name) else "GET /api/v1/rule-files lists them",
            )
        self._sources.refresh(is_forced=True)

    def _put(self, project_id: str, name: str, text: str | None, *, is_enabled: bool) -> None:
        self._store.put_file(StoredRuleFile(project_id, name, text, is_enabled, self._now_ns()))
        self._sources.refresh(is_forced=True)

    def _refuse_disk(self, project_id: str, name: str) -> None:
        if any(file.name == name and file.source == "file" for file in self.list_files(project_id)):
            raise BadInput(f"`{name}` is a file on the server's disk", hint="edit it there; it is read again")

    def _project_name(self, project_id: str) -> str:
        projects: Mapping[str, str] = {
            project.id: project.name for project in self._directory.list_projects()
        }
        return projects.get(project_id, "")


def _check_name(name: str) -> None:
    is_good = 0 < len(name) <= NAME_CHARS_MAX and name.isprintable() and not name.startswith(("/", "."))
    if not is_good or "//" in name:
        raise BadInput(f"`{name[:NAME_CHARS_MAX]}` is no name for a rule file", hint="such as team-a.yml")


def _rule_report(rule: Rule, state: RuleState) -> RuleReport:
    return RuleReport(
        kind=rule.kind,
        name=rule.name,
        expression=rule.expression,
        for_ms=rule.for_ms,
        keep_firing_for_ms=rule.keep_firing_for_ms,
        labels=rule.labels,
        annotations=rule.annotations,
        state=state_of(state.active),
        alerts=[_alert_report(alert) for alert in state.active.values() if alert.state != "inactive"],
        health=state.health,
        last_error=state.last_error,
        warnings=state.warnings,
        evaluated_at_ms=state.evaluated_at_ms,
        duration_s=state.duration_s,
        line=rule.line,
    )


def _alert_report(alert: ActiveAlert) -> AlertReport:
    return AlertReport(
        labels=alert.labels,
        annotations=alert.annotations,
        state=alert.state,
        active_at_ms=alert.active_at_ms,
        fired_at_ms=alert.fired_at_ms,
        keep_firing_since_ms=alert.keep_firing_since_ms,
        value=alert.value,
    )
