"""What the relational store promises of what people write rather than measure: prompts, datasets with their
runs, media, and score configurations.

Synchronous, may block, safe from many threads and servers at once. Values that only their owner understands
(a prompt, a configuration, an item's input) are JSON text: stored and given back as they came. Everything
belongs to a project and goes with it. Times are nanoseconds since the epoch.

Errors: NotFound, BadInput with what to do instead, StorageUnavailable.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from spanglass_server.model.score import ScoreConfig
from spanglass_server.normalize.score_configs import ScoreCatalog

JsonText: TypeAlias = str
PromptType: TypeAlias = Literal["text", "chat"]
ItemStatus: TypeAlias = Literal["ACTIVE", "ARCHIVED"]

LATEST: Final = "latest"
PRODUCTION: Final = "production"

Item = TypeVar("Item")


class PageOf(NamedTuple, Generic[Item]):
    items: Sequence[Item]
    total: int
    """Of all pages."""


class Slice(NamedTuple):
    limit: int
    offset: int


class NewPrompt(NamedTuple):
    name: str
    """Slashes make folders."""
    type: PromptType
    prompt: JsonText
    """A string for `text`, an array of messages and placeholders for `chat`."""
    config: JsonText
    labels: Sequence[str]
    tags: Sequence[str] | None
    """Of all versions; None keeps those that there are."""
    commit_message: str | None


class Prompt(NamedTuple):
    """One version."""

    name: str
    version: int
    type: PromptType
    prompt: JsonText
    config: JsonText
    labels: Sequence[str]
    """Sorted, `latest` last on the newest version."""
    tags: Sequence[str]
    commit_message: str | None
    created_at_ns: int
    updated_at_ns: int


class PromptSummary(NamedTuple):
    """All versions that a query matched."""

    name: str
    type: PromptType
    versions: Sequence[int]
    labels: Sequence[str]
    tags: Sequence[str]
    updated_at_ns: int
    config: JsonText
    """Of the newest of them."""


class PromptQuery(NamedTuple):
    """What a list is narrowed to; an empty value narrows nothing."""

    name: str = ""
    label: str = ""
    tag: str = ""
    updated_from_ns: int | None = None
    updated_to_ns: int | None = None


class Prompts(Protocol):
    """A version never changes but for its labels; a label is on one version of a name."""

    def create(self, project_id: str, new: NewPrompt) -> Prompt:
        """The next version: one more than the highest, also where several are created at once. Its labels
        leave other versions. BadInput where earlier versions are of another type."""

    def get(self, project_id: str, name: str, *, version: int | None = None, label: str = "") -> Prompt:
        """By version, else by label, else the one in `production`. `latest` is the highest version."""

    def label(self, project_id: str, name: str, version: int, labels: Sequence[str]) -> Prompt:
        """Put these labels on the version, besides those it has; they leave the others."""

    def list(self, project_id: str, query: PromptQuery, part: Slice) -> PageOf[PromptSummary]:
        """By name."""

    def delete(self, project_id: str, name: str, *, version: int | None = None, label: str = "") -> None:
        """All versions, or that one. NotFound where there is none."""


class Dataset(NamedTuple):
    id: str
    name: str
    description: str | None
    metadata: JsonText
    input_schema: JsonText
    """JSON Schema, kept and given back; `null` for none."""
    expected_output_schema: JsonText
    created_at_ns: int
    updated_at_ns: int


class NewDataset(NamedTuple):
    """None keeps what an existing dataset has."""

    name: str
    description: str | None = None
    metadata: JsonText | None = None
    input_schema: JsonText | None = None
    expected_output_schema: JsonText | None = None


class DatasetChange(NamedTuple):
    """None keeps what the dataset has."""

    name: str | None = None
    description: str | None = None
    metadata: JsonText | None = None
    input_schema: JsonText | None = None
    """`null` takes it away."""
    expected_output_schema: JsonText | None = None


class DatasetOverview(NamedTuple):
    dataset: Dataset
    item_count: int
    """Active ones."""
    run_count: int
    """Runs that were told as such; experiments that only spans tell of are not among them."""
    version: int
    """The newest saved one's number; 0 without."""
    changed_at_ns: int
    """When an item, or the dataset itself, last became what it is."""


class DatasetVersion(NamedTuple):
    """A moment of a dataset that somebody wants to find again."""

    number: int
    """From 1 on; one that was deleted is not given again unless it was the last."""
    name: str
    """Empty, or unique in the dataset."""
    description: str
    at_ns: int
    """What `ItemQuery.as_of_ns` takes; no later change of an item carries this time."""
    created_at_ns: int


class ItemCounts(NamedTuple):
    """What became of active items between two moments."""

    items: int
    """There at the second of them."""
    added: int
    changed: int
    removed: int
    """Archived."""


class PutCounts(NamedTuple):
    added: int
    changed: int
    unchanged: int


class NewDatasetItem(NamedTuple):
    """None keeps what an existing item has."""

    dataset_name: str
    id: str
    """Unique in the project."""
    input: JsonText | None = None
    expected_output: JsonText | None = None
    metadata: JsonText | None = None
    source_trace_id: str | None = None
    source_observation_id: str | None = None
    status: ItemStatus | None = None


class DatasetItem(NamedTuple):
    id: str
    dataset_id: str
    dataset_name: str
    status: ItemStatus
    input: JsonText
    expected_output: JsonText
    metadata: JsonText
    source_trace_id: str | None
    source_observation_id: str | None
    created_at_ns: int
    valid_from_ns: int
    """When it became as it is; whole milliseconds, so that a client's clock can name it."""


class ItemQuery(NamedTuple):
    """What a list is narrowed to; an empty value narrows nothing."""

    dataset_name: str = ""
    source_trace_id: str = ""
    source_observation_id: str = ""
    status: ItemStatus | Literal[""] = ""
    as_of_ns: int | None = None
    """Items as they were then."""
    text: str = ""
    """In the id, input, expected output or metadata, upper or lower case."""
    ids: Sequence[str] = ()


class DatasetRun(NamedTuple):
    id: str
    dataset_id: str
    dataset_name: str
    name: str
    """Unique in its dataset."""
    description: str | None
    metadata: JsonText
    created_at_ns: int
    updated_at_ns: int


class NewRunItem(NamedTuple):
    run_name: str
    item_id: str
    trace_id: str
    observation_id: str | None = None
    run_description: str | None = None
    """None keeps what an existing run has."""
    run_metadata: JsonText | None = None
    created_at_ns: int | None = None


class RunItem(NamedTuple):
    id: str
    run_id: str
    run_name: str
    item_id: str
    trace_id: str
    observation_id: str | None
    created_at_ns: int


class Datasets(Protocol):
    """Lists are newest first. Where a dataset has JSON Schemas, its active items fit them: BadInput says what
    does not."""

    def put_dataset(self, project_id: str, new: NewDataset) -> Dataset:
        """Made, or changed where the name is taken. BadInput where items that are there do not fit a new
        schema."""

    def add_dataset(self, project_id: str, new: NewDataset) -> Dataset:
        """BadInput where the name is taken."""

    def change_dataset(self, project_id: str, name: str, change: DatasetChange) -> Dataset:
        """BadInput where the new name is taken, or items do not fit a new schema."""

    def delete_dataset(self, project_id: str, name: str) -> None:
        """With its items, their earlier forms, versions and runs. Traces stay."""

    def get_dataset(self, project_id: str, name: str) -> Dataset: ...
    def find_datasets(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Dataset]:
        """By id; what is not there is absent."""

    def list_datasets(self, project_id: str, part: Slice) -> PageOf[Dataset]: ...
    def get_overview(self, project_id: str, name: str) -> DatasetOverview: ...
    def list_overviews(self, project_id: str, part: Slice, *, text: str = "") -> PageOf[DatasetOverview]:
        """Those whose name or description holds the text, upper or lower case."""

    def put_item(self, project_id: str, new: NewDatasetItem) -> DatasetItem:
        """Made, or changed where the id is taken; how it was before stays to be read by `as_of_ns`. NotFound
        without the dataset, BadInput where the id is another dataset's."""

    def put_items(self, project_id: str, dataset_name: str, items: Sequence[NewDatasetItem]) -> PutCounts:
        """All of them or, after an error, none; at one moment, in this order. An item that is already so is
        left alone. Each id once. BadInput where the dataset would have more than DATASET_ITEMS_MAX."""

    def find_item_problems(
        self, project_id: str, dataset_name: str, items: Sequence[NewDatasetItem]
    ) -> Mapping[int, str]:
        """Why `put_items` would refuse items, by their position."""

    def get_item(self, project_id: str, item_id: str) -> DatasetItem: ...
    def list_items(self, project_id: str, query: ItemQuery, part: Slice) -> PageOf[DatasetItem]:
        """NotFound for a dataset that is not there."""

    def iter_items(self, project_id: str, query: ItemQuery) -> Iterator[Sequence[DatasetItem]]:
        """Oldest first, some at a time; `query` names a dataset. A deletion meanwhile shows, a change does
        not where `as_of_ns` is given."""

    def find_sources(
        self, project_id: str, dataset_name: str, trace_ids: Sequence[str]
    ) -> Collection[tuple[str, str]]:
        """Trace id and span id (empty: the trace) that items, archived ones too, come from."""

    def add_version(
        self, project_id: str, dataset_name: str, *, name: str = "", description: str = ""
    ) -> DatasetVersion:
        """The dataset as it is now. BadInput where the name is taken."""

    def list_versions(self, project_id: str, dataset_name: str) -> Sequence[DatasetVersion]: ...
    def delete_version(self, project_id: str, dataset_name: str, number: int) -> None:
        """Its items stay."""

    def count_changes(
        self, project_id: str, dataset_name: str, times: Sequence[int | None]
    ) -> Sequence[ItemCounts]:
        """At each of these ascending moments, against the one before; None is now, and the first is counted
        from nothing."""

    def state_ns(self, project_id: str, dataset_name: str) -> int:
        """When the items last changed: reading as of then gives what there is now. 0 without items."""

    def delete_item(self, project_id: str, item_id: str) -> None:
        """With all its earlier forms and what runs made of it."""

    def add_run_item(self, project_id: str, new: NewRunItem) -> RunItem:
        """Makes the run where its name is new in the item's dataset. The same again is the same run item."""

    def list_run_items(self, project_id: str, dataset_id: str, run_name: str, part: Slice) -> PageOf[RunItem]:
        """NotFound for a run that is not there."""

    def get_run(self, project_id: str, dataset_name: str, run_name: str) -> DatasetRun: ...
    def list_runs(self, project_id: str, dataset_name: str, part: Slice) -> PageOf[DatasetRun]: ...
    def list_all_runs(self, project_id: str, part: Slice) -> PageOf[DatasetRun]:
        """Of all datasets."""

    def find_runs(self, project_id: str, run_ids: Sequence[str]) -> Mapping[str, DatasetRun]:
        """By id; what is not there is absent."""

    def list_items_of_runs(
        self, project_id: str, run_ids: Sequence[str], *, limit: int
    ) -> Mapping[str, Sequence[RunItem]]:
        """By run, oldest first, at most `limit` of each; runs without are absent."""

    def delete_run(self, project_id: str, dataset_name: str, run_name: str) -> None: ...


class NewMedia(NamedTuple):
    id: str
    sha256: bytes
    content_type: str
    length_bytes: int


class Media(NamedTuple):
    id: str
    sha256: bytes
    content_type: str
    length_bytes: int
    uploaded_at_ns: int | None
    """None until the content is there."""
    signing_key: bytes
    """Random, of this medium alone: what URLs to it are signed with. Never leaves the server."""


class MediaStore(Protocol):
    """Files that payloads refer to, by the hash of their content. Content is read and written whole.

    A medium stays as long as a trace that announced it, or an item of a dataset that names it.
    """

    def announce(self, project_id: str, new: NewMedia, *, trace_id: str = "") -> Media:
        """The medium, made where it is new, now used by the trace. BodyTooLarge, naming the setting, where
        there is no room for it and it is not stored yet."""

    def find(self, project_id: str, media_id: str) -> Media | None: ...
    def find_many(self, project_id: str, media_ids: Sequence[str]) -> Mapping[str, Media]:
        """By id; what is not there is absent."""

    def store_content(self, project_id: str, media_id: str, content: bytes) -> None:
        """`content` is what its hash and length say; storing it twice is fine. BodyTooLarge as above."""

    def find_content(self, project_id: str, media_id: str) -> bytes | None: ...
    def forget_traces(self, project_id: str, trace_ids: Sequence[str]) -> int:
        """These traces use nothing any more. How many media went with them."""

    def forget_before(self, project_id: str, before_ns: int) -> int:
        """The same for what was announced earlier than that."""


class ScoreConfigs(Protocol):
    """They belong to a project and go with it. Scores keep the id of theirs, whatever becomes of it."""

    def put(self, project_id: str, config: ScoreConfig) -> None:
        """Made, or replaced where there is one of its id. BadInput beyond SCORE_CONFIGS_MAX."""

    def list(self, project_id: str, part: Slice) -> PageOf[ScoreConfig]:
        """Newest first."""

    def find(self, project_id: str, ids: Sequence[str]) -> Mapping[str, ScoreConfig]:
        """By id; what is not there is absent."""

    def catalog(self, project_id: str) -> ScoreCatalog:
        """All of a project, from memory: a change made by another server is seen some seconds later."""


class Library(Protocol):
    @property
    def prompts(self) -> Prompts: ...
    @property
    def datasets(self) -> Datasets: ...
    @property
    def media(self) -> MediaStore: ...
    @property
    def score_configs(self) -> ScoreConfigs: ...
    def close(self) -> None: ...
