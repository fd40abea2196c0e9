"""The shapes of dashboards in docs/api.md, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.web.api.dashboard_document import Document


class DashboardInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Document


class DashboardChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Document
    version: int = Field(ge=1, description="The one that was read: 409 where it is not the current one.")


class DashboardImport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dashboard: dict[str, Any] = Field(description="A document of ours, or a dashboard's JSON of Grafana.")


class DashboardSummary(BaseModel):
    id: str
    title: str
    description: str
    tags: list[str]
    panel_count: int
    version: int
    is_shipped: bool = Field(description="Comes with the server, and is not changed: copy it.")
    is_starred: bool
    is_default: bool
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str | None


class Dashboards(BaseModel):
    items: list[DashboardSummary]


class Dashboard(DashboardSummary):
    document: Document


class ImportProblem(BaseModel):
    panel: str | None = Field(description="Title of the panel, or null for the dashboard itself.")
    field: str = Field(examples=["fieldConfig.overrides"])
    reason: str


class ImportResult(BaseModel):
    format: Literal["spanglass", "grafana"]
    document: Document
    problems: list[ImportProblem] = Field(description="What was not understood, and is left out.")
