"""Datasets with versions and schemas, on SQLite and PostgreSQL."""

import itertools
from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.library import (
    DatasetChange,
    ItemCounts,
    ItemQuery,
    NewDataset,
    NewDatasetItem,
    NewRunItem,
    Slice,
)
from spanglass_server.store.metadata.datasets import SqlDatasets
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits

ALL = Slice(1000, 0)
P = "default"
MILLISECOND_NS = 1_000_000


@pytest.fixture
def datasets(directory: SqlDirectory, database_url: str) -> Iterator[SqlDatasets]:
    times = itertools.count(1_700_000_000_000_000_123, 1_000)
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(database_url, now_ns=lambda: next(times), limits=limits)
    library.datasets.add_dataset(P, NewDataset("qa"))
    yield library.datasets
    library.close()


def put(datasets: SqlDatasets, **inputs: str) -> None:
    datasets.put_items(P, "qa", [NewDatasetItem("qa", key, input=text) for key, text in inputs.items()])


def inputs_of(datasets: SqlDatasets, as_of_ns: int | None = None) -> dict[str, str]:
    query = ItemQuery("qa", status="ACTIVE", as_of_ns=as_of_ns)
    return {item.id: item.input for batch in datasets.iter_items(P, query) for item in batch}


def test_a_version_shows_the_items_as_they_were_whatever_comes_at_once_after_it(
    datasets: SqlDatasets,
) -> None:
    put(datasets, a="1", b="2")
    first = datasets.add_version(P, "qa", name="first", description="before the change")
    put(datasets, a="10", c="3")
    datasets.put_item(P, NewDatasetItem("qa", "b", status="ARCHIVED"))
    second = datasets.add_version(P, "qa")
    put(datasets, d="4")
    assert (first.number, second.number) == (1, 2)
    assert inputs_of(datasets, first.at_ns) == {"a": "1", "b": "2"}
    assert inputs_of(datasets, second.at_ns) == {"a": "10", "c": "3"}
    assert inputs_of(datasets) == {"a": "10", "c": "3", "d": "4"}
    assert datasets.count_changes(P, "qa", [first.at_ns, second.at_ns, None]) == [
        ItemCounts(items=2, added=2, changed=0, removed=0),
        ItemCounts(items=2, added=1, changed=1, removed=1),
        ItemCounts(items=3, added=1, changed=0, removed=0),
    ]
    assert datasets.state_ns(P, "qa") > second.at_ns
    assert [version.number for version in datasets.list_versions(P, "qa")] == [2, 1]


def test_a_versions_name_is_taken_once_and_free_after_its_deletion(datasets: SqlDatasets) -> None:
    datasets.add_version(P, "qa", name="golden")
    with pytest.raises(BadInput, match="'golden' already"):
        datasets.add_version(P, "qa", name="golden")
    datasets.delete_version(P, "qa", 1)
    assert datasets.add_version(P, "qa", name="golden").number == 1
    with pytest.raises(NotFound, match="no version 7"):
        datasets.delete_version(P, "qa", 7)


def test_items_put_together_keep_their_order_and_what_is_so_already_stays(datasets: SqlDatasets) -> None:
    many = [NewDatasetItem("qa", f"i{number}", input=str(number)) for number in range(1_203)]
    assert datasets.put_items(P, "qa", many) == (1_203, 0, 0)
    assert list(inputs_of(datasets)) == [item.id for item in many]
    state = datasets.state_ns(P, "qa")
    assert datasets.put_items(P, "qa", many) == (0, 0, 1_203)
    assert datasets.state_ns(P, "qa") == state
    changed = [many[0]._replace(input='"x"'), *many[1:]]
    assert datasets.put_items(P, "qa", changed) == (0, 1, 1_202)


def test_items_that_do_not_fit_the_schema_are_refused_and_none_is_stored(datasets: SqlDatasets) -> None:
    schema = '{"type":"object","required":["q"]}'
    datasets.change_dataset(P, "qa", DatasetChange(input_schema=schema))
    good, bad = NewDatasetItem("qa", "good", '{"q":1}'), NewDatasetItem("qa", "bad", '{"z":1}')
    assert list(datasets.find_item_problems(P, "qa", [good, bad])) == [1]
    with pytest.raises(BadInput, match=r"item `bad`: `input` does not fit .*\"q\" is a required property"):
        datasets.put_items(P, "qa", [good, bad])
    assert inputs_of(datasets) == {}
    with pytest.raises(BadInput, match="required property"):
        datasets.put_item(P, bad)
    datasets.put_item(P, good)
    with pytest.raises(BadInput, match="required property"):
        datasets.put_item(P, NewDatasetItem("qa", "good", input='{"z":1}'))
    datasets.put_item(P, NewDatasetItem("qa", "good", expected_output='"an answer"'))
    datasets.put_item(P, NewDatasetItem("qa", "old", input="3", status="ARCHIVED"))


def test_a_schema_is_refused_where_items_do_not_fit_it(datasets: SqlDatasets) -> None:
    put(datasets, a="1")
    with pytest.raises(BadInput, match=r'item `a`: .*1 is not of type "string"'):
        datasets.change_dataset(P, "qa", DatasetChange(input_schema='{"type":"string"}'))
    with pytest.raises(BadInput, match="`input_schema` is no JSON Schema"):
        datasets.put_dataset(P, NewDataset("qa", input_schema='{"type":"strange"}'))
    with pytest.raises(BadInput, match="Retrieval is disabled"):
        datasets.add_dataset(P, NewDataset("other", input_schema='{"$ref":"http://localhost:1/s"}'))
    assert datasets.get_dataset(P, "qa").input_schema == "null"
    assert datasets.list_datasets(P, ALL).total == 1
    datasets.change_dataset(P, "qa", DatasetChange(input_schema='{"type":"integer"}'))
    datasets.change_dataset(P, "qa", DatasetChange(input_schema="null"))
    put(datasets, b='"text"')


def test_a_dataset_can_be_renamed_but_not_to_a_name_that_is_taken(datasets: SqlDatasets) -> None:
    put(datasets, a="1")
    datasets.add_dataset(P, NewDataset("other"))
    with pytest.raises(BadInput, match="'other' already"):
        datasets.change_dataset(P, "qa", DatasetChange(name="other"))
    with pytest.raises(BadInput, match="'qa' already"):
        datasets.add_dataset(P, NewDataset("qa"))
    renamed = datasets.change_dataset(P, "qa", DatasetChange(name="questions", description="d"))
    assert (renamed.name, renamed.description) == ("questions", "d")
    assert datasets.get_item(P, "a").dataset_name == "questions"
    with pytest.raises(NotFound):
        datasets.change_dataset(P, "qa", DatasetChange(description="d"))


def test_a_deleted_dataset_is_gone_with_all_that_was_its(datasets: SqlDatasets) -> None:
    put(datasets, a="1")
    datasets.add_version(P, "qa")
    run = datasets.add_run_item(P, NewRunItem("r", "a", "t1"))
    datasets.delete_dataset(P, "qa")
    assert datasets.list_overviews(P, ALL).total == 0
    assert datasets.list_all_runs(P, ALL).items == []
    assert datasets.list_items_of_runs(P, [run.run_id], limit=5) == {}
    with pytest.raises(NotFound):
        datasets.get_item(P, "a")
    with pytest.raises(NotFound):
        datasets.delete_dataset(P, "qa")
    datasets.add_dataset(P, NewDataset("qa"))
    put(datasets, a="2")


def test_items_are_found_by_what_is_written_in_them(datasets: SqlDatasets) -> None:
    put(datasets, a='"How tall is 50%_of it?"', b='"서울의 인구는?"')
    found = datasets.list_items(P, ItemQuery("qa", text="50%_OF"), ALL)
    assert [item.id for item in found.items] == ["a"]
    assert datasets.list_items(P, ItemQuery("qa", text="인구"), ALL).total == 1
    assert datasets.list_items(P, ItemQuery("qa", text="%"), ALL).total == 1
    assert datasets.list_items(P, ItemQuery("qa", ids=["a", "z"]), ALL).total == 1


def test_sources_tell_which_traces_are_in_already(datasets: SqlDatasets) -> None:
    datasets.put_item(P, NewDatasetItem("qa", "a", source_trace_id="t1"))
    datasets.put_item(P, NewDatasetItem("qa", "b", source_trace_id="t1", source_observation_id="s"))
    assert set(datasets.find_sources(P, "qa", ["t1", "t2"])) == {("t1", ""), ("t1", "s")}


def test_an_overview_counts_what_is_there(datasets: SqlDatasets) -> None:
    put(datasets, a="1", b="2")
    datasets.put_item(P, NewDatasetItem("qa", "b", status="ARCHIVED"))
    datasets.add_run_item(P, NewRunItem("r", "a", "t1"))
    datasets.add_version(P, "qa")
    datasets.add_dataset(P, NewDataset("Empty", description="Nothing yet"))
    empty, qa = datasets.list_overviews(P, ALL).items
    assert (qa.item_count, qa.run_count, qa.version) == (1, 1, 1)
    assert (empty.item_count, empty.run_count, empty.version) == (0, 0, 0)
    assert [one.dataset.name for one in datasets.list_overviews(P, ALL, text="noTHing").items] == ["Empty"]
    assert datasets.list_overviews("elsewhere", ALL).total == 0


def test_runs_are_found_across_datasets(datasets: SqlDatasets) -> None:
    put(datasets, a="1", b="2")
    datasets.add_dataset(P, NewDataset("other"))
    datasets.put_item(P, NewDatasetItem("other", "o"))
    first = datasets.add_run_item(P, NewRunItem("r", "a", "t1"))
    datasets.add_run_item(P, NewRunItem("r", "b", "t2"))
    other = datasets.add_run_item(P, NewRunItem("r", "o", "t3"))
    assert [run.dataset_name for run in datasets.list_all_runs(P, ALL).items] == ["other", "qa"]
    assert datasets.find_runs(P, [other.run_id, "none"])[other.run_id].dataset_name == "other"
    found = datasets.list_items_of_runs(P, [first.run_id, other.run_id], limit=1)
    assert {run: [item.trace_id for item in items] for run, items in found.items()} == {
        first.run_id: ["t1"],
        other.run_id: ["t3"],
    }
