"""The shapes of rules, alerts and rule files in docs/api.md."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.alert import AlertState
from spanglass_server.rules.files import FILE_CHARS_MAX
from spanglass_server.rules.lint import Severity
from spanglass_server.rules.reports import Health, RuleKind
from spanglass_server.rules.sources import FileSource
from spanglass_server.web.api.models import Shape


class ActiveAlert(Shape):
    fingerprint: str = Field(description="Alertmanager's, of the labels and `project`.")
    labels: dict[str, str]
    annotations: dict[str, str]
    state: AlertState
    active_at: datetime = Field(description="Since when the expression holds.")
    fired_at: datetime | None
    keep_firing_since: datetime | None
    value: float | None = Field(description="Null for NaN and the infinities, which `value_text` tells.")
    value_text: str
    expr: str
    group: str
    rule: str
    silenced_by: list[str] = Field(description="Ids of silences.")
    inhibited_by: list[str] = Field(description="Fingerprints of alerts.")


class ActiveAlerts(Shape):
    items: list[ActiveAlert]


class Rule(Shape):
    type: RuleKind
    name: str
    expr: str
    for_s: float
    keep_firing_for_s: float
    labels: dict[str, str]
    annotations: dict[str, str]
    state: AlertState
    health: Health
    last_error: str
    warnings: list[str]
    evaluated_at: datetime | None
    duration_ms: float
    line: int
    alerts: list[ActiveAlert]


class RuleGroup(Shape):
    name: str
    file: str
    interval_s: float
    query_offset_s: float
    limit: int
    evaluated_at: datetime | None
    duration_ms: float
    evaluations: int
    missed: int
    rules: list[Rule]


class RuleGroups(Shape):
    items: list[RuleGroup]


class Finding(Shape):
    severity: Severity
    code: str
    file: str
    line: int
    group: str
    rule: str
    message: str
    why: str
    expression: str
    corrected: str | None
    advice: str | None


class RuleFile(Shape):
    name: str
    source: FileSource
    is_enabled: bool
    is_editable: bool = Field(description="By this API: files on the server's disk are edited there.")
    is_overridden: bool = Field(description="It stands in place of one that comes with Spanglass.")
    content: str
    error: str | None = Field(description="What is wrong with `content`; the rules in force are older then.")
    updated_at: datetime | None
    groups: int
    rules: int


class RuleFiles(Shape):
    items: list[RuleFile]


class CheckedRuleFile(RuleFile):
    findings: list[Finding]


class Findings(Shape):
    is_valid: bool = Field(description="Whether it can be loaded; findings may still be errors.")
    findings: list[Finding]


class RuleFileInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=FILE_CHARS_MAX, description="YAML, as Prometheus' rule files.")
    name: str = Field(default="", max_length=200, description="What findings call the file.")


class RuleFileSwitch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_enabled: bool


class Firing(Shape):
    labels: dict[str, str]
    pending_at: datetime
    firing_at: datetime | None
    resolved_at: datetime | None = Field(description="Null: it went on at the end of the time.")
    max_value: float | None


class Backtest(Shape):
    expr: str
    for_s: float
    keep_firing_for_s: float
    from_: datetime = Field(alias="from")
    to: datetime
    step_s: float
    evaluations: int
    firing_count: int
    pending_only_count: int
    firing_s: float = Field(description="How long at least one alert would have been firing.")
    firings: list[Firing]
    pending_only: list[Firing]
    warnings: list[str]
    infos: list[str]
