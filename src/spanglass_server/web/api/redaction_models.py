"""The shapes of redaction in docs/api.md, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.base.limits import (
    REDACTION_KEYS_MAX,
    REDACTION_PATTERNS_MAX,
    REDACTION_PREVIEW_TRACES_MAX,
    REDACTION_TRIAL_CHARS_MAX,
)
from spanglass_server.model.redaction import RedactionAction, RedactionField

Fields = Annotated[
    list[RedactionField], Field(max_length=20, description="Where it is looked for; empty: everywhere.")
]


class DetectorRule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    detector: str = Field(max_length=64, examples=["email"])
    action: RedactionAction
    fields: Fields = []


class PatternRule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        max_length=40,
        description="Lower case letters, digits and `_`, a letter first: `[name]` stands for what it finds.",
        examples=["customer_number"],
    )
    pattern: str = Field(
        max_length=2_000,
        description="RE2. Its group, where it has one, is what is replaced; `^` and `$` are a line's ends.",
        examples=[r"KD-\d{6}"],
    )
    action: RedactionAction
    fields: Fields = []


class KeyRule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        min_length=1,
        max_length=200,
        description="Name of attributes, in any case; `*` stands for any characters.",
        examples=["http.request.header.*"],
    )
    action: RedactionAction


class FieldRule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    field: RedactionField
    action: Literal["hash", "drop"] = Field(description="`hash` is for `user_id` and `session_id` only.")


class Policy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    detectors: list[DetectorRule] = Field(default=[], max_length=100)
    patterns: list[PatternRule] = Field(default=[], max_length=REDACTION_PATTERNS_MAX)
    keys: list[KeyRule] = Field(default=[], max_length=REDACTION_KEYS_MAX)
    fields: list[FieldRule] = Field(default=[], max_length=20)
    stores_content: bool = Field(default=True, description="False: no inputs and outputs at all.")
    stores_media: bool = Field(
        default=True, description="False: files that Langfuse's SDKs upload are not taken."
    )


class Redaction(BaseModel):
    policy: Policy
    default_policy: Policy
    is_default: bool = Field(description="The project has said nothing of its own.")
    updated_at: datetime | None
    server_stores_content: bool = Field(
        description="False where the setting `store_content` is off: then no project stores any."
    )
    personal: list[str] = Field(description="Detectors of personal data.")
    secrets: list[str] = Field(description="Detectors of secrets.")
    fields: list[str]


class Trial(BaseModel):
    model_config = ConfigDict(extra="forbid")

    policy: Policy
    text: str = Field(max_length=REDACTION_TRIAL_CHARS_MAX)
    field: RedactionField = "input"


class TrialFinding(BaseModel):
    detector: str
    action: RedactionAction
    start: int = Field(description="In characters (Unicode code points) of the text.")
    end: int = Field(description="After its last character.")


class TrialResult(BaseModel):
    text: str | None = Field(
        description="What would be stored, with other hashes; null: nothing of the field."
    )
    findings: list[TrialFinding] = Field(
        description="In the text as it is given; what is found only within JSON's escapes has none."
    )
    count: int = Field(description="What is replaced, hashed or dropped.")


class Preview(BaseModel):
    model_config = ConfigDict(extra="forbid")

    policy: Policy
    traces: int = Field(default=20, ge=1, le=REDACTION_PREVIEW_TRACES_MAX, description="The newest so many.")


class RedactionCount(BaseModel):
    detector: str = Field(description="Or a pattern's name; `key` and `field` for rules about these.")
    field: str
    action: str
    count: int


class PreviewResult(BaseModel):
    traces: int
    spans: int
    spans_changed: int
    counts: list[RedactionCount]


class HourOfRedactions(BaseModel):
    start: datetime
    count: int


class RedactionCounts(BaseModel):
    total: int
    counts: list[RedactionCount] = Field(description="The most frequent first.")
    hours: list[HourOfRedactions] = Field(description="Those with any, in order.")
