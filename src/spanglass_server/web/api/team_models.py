"""The shapes of projects, keys and the audit log, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.base.limits import RETENTION_DAYS_MAX
from spanglass_server.model.identity import ActorType
from spanglass_server.store.directory import Scope

_NOTE = Field(default="", max_length=200, description="What it is for.", examples=["checkout service"])


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewProject(_Input):
    name: str = Field(max_length=64, examples=["shop"])
    retention_days: int | None = Field(
        default=None, ge=1, le=RETENTION_DAYS_MAX, description="Left out: the server's setting."
    )


class ProjectName(_Input):
    name: str = Field(max_length=64, examples=["shop"])


class ProjectContents(BaseModel):
    """What deleting it would lose."""

    traces: int
    spans: int
    logs: int
    keys: int
    judges_project: str | None = Field(description="The project of its judges' calls, which goes too.")


class NewKey(_Input):
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3, examples=[["ingest"]])]
    note: str = _NOTE
    expires_in_days: int | None = Field(default=None, ge=1, le=3660, description="Left out: it never does.")


class KeyNote(_Input):
    note: Annotated[str, Field(max_length=200)]


class Key(BaseModel):
    public_key: str
    scopes: list[Scope]
    note: str
    created_at: datetime
    created_by: str = Field(description="An e-mail address or a key's note; empty where it is not known.")
    expires_at: datetime | None
    is_expired: bool
    last_used_at: datetime | None


class MadeKey(Key):
    secret_key: str = Field(description="Told once: only its hash is kept.")


class Keys(BaseModel):
    items: list[Key]


class OrganizationName(_Input):
    name: str = Field(min_length=1, max_length=200)


class Organization(BaseModel):
    name: str
    created_at: datetime


class AuditActor(BaseModel):
    type: ActorType
    id: str
    name: str


class AuditEntry(BaseModel):
    id: str
    time: datetime
    actor: AuditActor
    action: str = Field(examples=["key.create"])
    project: str | None = Field(description="By name, or id where it is gone; null is the server's own.")
    target: str
    details: dict[str, Any]
    address: str


class AuditPage(BaseModel):
    items: list[AuditEntry]
    next_cursor: str | None


class AuditActions(BaseModel):
    items: list[str]
