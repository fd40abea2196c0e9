"""JSON of silences, receivers and notifications."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Matcher(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=1000, examples=["alertname"])
    op: Literal["=", "!=", "=~", "!~"] = "="
    value: str = Field(max_length=4000, examples=["HighLatency"])


class SilenceInput(BaseModel):
    """`matchers` are objects, or one text as `{alertname="HighLatency",team=~"a|b"}`."""

    model_config = ConfigDict(extra="forbid")

    matchers: list[Matcher] | str
    starts_at: str = Field("now", description="RFC 3339, `now`, or relative such as `now+1h`.")
    ends_at: str = Field(description="RFC 3339, or relative such as `now+2h`.", examples=["now+2h"])
    created_by: str = Field(max_length=4000, examples=["ada"])
    comment: str = Field(max_length=4000, examples=["the provider knows"])


class SilencePreview(BaseModel):
    model_config = ConfigDict(extra="forbid")

    matchers: list[Matcher] | str


class Silence(BaseModel):
    id: str
    state: Literal["pending", "active", "expired"]
    matchers: list[Matcher]
    starts_at: str
    ends_at: str
    created_by: str
    comment: str
    updated_at: str


class Silences(BaseModel):
    items: list[Silence]


class NotifiedAlert(BaseModel):
    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    updated_at: str
    value: float | None = Field(description="Null where it is no number.")
    expression: str
    generator_url: str
    state: Literal["active", "suppressed"]
    silenced_by: list[str] = Field(description="Ids of silences.")
    inhibited_by: list[str] = Field(description="Fingerprints of alerts.")
    receivers: list[str]


class NotifiedAlerts(BaseModel):
    items: list[NotifiedAlert]


class Attempt(BaseModel):
    time: str
    duration_ms: int
    receiver: str
    integration: str
    group_key: str
    group_labels: str
    status: Literal["firing", "resolved", "test"]
    firing_count: int
    resolved_count: int
    number: int
    ok: bool
    error: str | None
    will_retry: bool


class Attempts(BaseModel):
    items: list[Attempt]


class Integration(BaseModel):
    name: str
    kind: str
    target: str
    send_resolved: bool
    sent_count: int
    failed_count: int
    last_attempt: Attempt | None


class Receiver(BaseModel):
    name: str
    is_routed: bool
    messages_per_minute: int
    integrations: list[Integration]


class Receivers(BaseModel):
    items: list[Receiver]


class NotificationConfigInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    yaml: str


class NotificationConfig(BaseModel):
    yaml: str
    source: Literal["file", "project", "none"]
    error: str | None
