"""The shapes of datasets in docs/api.md, for the OpenAPI document and for what is read."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spanglass_server.base.limits import DATASET_TRACES_MAX
from spanglass_server.web.documents import Id, Name, Text

ItemStatus: TypeAlias = Literal["active", "archived"]
VersionName = Annotated[str, StringConstraints(max_length=255, pattern=r"^([^\x00-\x1f\x7f]*)$")]

ITEMS_PER_REQUEST_MAX = 1_000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DatasetInput(_Input):
    name: Name = Field(examples=["support questions"])
    description: Text = ""
    metadata: Any = None
    input_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema that every active item's input fits."
    )
    expected_output_schema: dict[str, Any] | None = None


class DatasetPatch(_Input):
    """What is left out stays; null takes metadata or a schema away."""

    name: Name | None = None
    description: Text | None = None
    metadata: Any = None
    input_schema: dict[str, Any] | None = None
    expected_output_schema: dict[str, Any] | None = None


class ItemInput(_Input):
    id: Name | None = Field(default=None, description="Unique in the project; made where it is absent.")
    input: Any = None
    expected_output: Any = None
    metadata: Any = None
    source_trace_id: Id | None = None
    source_span_id: Id | None = None
    status: ItemStatus = "active"


class ItemsInput(_Input):
    items: list[ItemInput] = Field(min_length=1, max_length=ITEMS_PER_REQUEST_MAX)


class ItemPatch(_Input):
    """What is left out stays; null is null."""

    input: Any = None
    expected_output: Any = None
    metadata: Any = None
    status: ItemStatus | None = None


class SourceInput(_Input):
    trace_id: Id
    span_id: Id | None = Field(default=None, description="Absent: the whole trace.")


class FromTracesInput(_Input):
    sources: list[SourceInput] = Field(default=[], max_length=DATASET_TRACES_MAX)
    queue_id: str = Field(
        default="", max_length=64, description="What reviewers of this annotation queue corrected."
    )
    filter: str | None = Field(
        default=None, max_length=100_000, description="Traces or spans by the filter language."
    )
    target: Literal["traces", "spans"] = "traces"
    from_: str = Field(default="now-24h", alias="from", max_length=64)
    to: str = Field(default="now", max_length=64)
    sampling_rate: float = Field(default=1, gt=0, le=1)
    limit: int = Field(default=100, ge=1, le=DATASET_TRACES_MAX, description="Of a filter or queue.")
    input: Literal["question", "messages", "raw"] = "question"
    expected_output: Literal["correction_or_answer", "correction", "answer", "reference", "none"] = (
        "correction_or_answer"
    )
    dry_run: bool = Field(default=False, description="Adds nothing; shows what it would.")


class VersionInput(_Input):
    name: VersionName = Field(default="", description="Unique in the dataset.", examples=["golden"])
    description: Text = ""


class Dataset(BaseModel):
    id: str
    name: str
    description: str
    metadata: Any
    input_schema: Any
    expected_output_schema: Any
    item_count: int = Field(description="Active ones.")
    run_count: int
    version: int | None = Field(description="The newest saved version's number.")
    created_at: datetime
    changed_at: datetime


class Datasets(BaseModel):
    items: list[Dataset]
    total: int


class Item(BaseModel):
    id: str
    dataset_id: str
    dataset_name: str
    status: ItemStatus
    input: Any
    expected_output: Any
    metadata: Any
    source_trace_id: str | None
    source_span_id: str | None
    created_at: datetime
    updated_at: datetime


class Items(BaseModel):
    items: list[Item]
    total: int
    as_of: datetime | None = Field(
        description="The moment whose items these are: given as `version` it reads them again."
    )


class Put(BaseModel):
    ids: list[str]
    added: int
    changed: int
    unchanged: int


class Candidate(BaseModel):
    trace_id: str
    span_id: str | None
    name: str
    input: Any
    expected_output: Any
    metadata: Any
    is_corrected: bool


class Skipped(BaseModel):
    trace_id: str
    span_id: str | None
    reason: str


class FromTraces(BaseModel):
    found: int
    added: int = Field(description="In a dry run 0.")
    duplicates: int = Field(description="Sources of items that the dataset has already.")
    skipped: list[Skipped]
    items: list[Candidate] = Field(description="Those that are, or would be, added; the first of them.")
    dry_run: bool


class RejectedLine(BaseModel):
    line: int
    reason: str


class Imported(BaseModel):
    lines: int = Field(description="That say something.")
    added: int
    changed: int
    unchanged: int
    rejected: list[RejectedLine] = Field(description="The first; while there are any, nothing is stored.")
    rejected_count: int
    is_stored: bool


class Version(BaseModel):
    number: int | None = Field(description="Null for what is not saved yet.")
    name: str
    description: str
    at: datetime | None
    items: int
    added: int
    changed: int
    removed: int


class Versions(BaseModel):
    items: list[Version]
    current: Version
