from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from spanglass_server.base.errors import BadInput, BodyTooLarge, NotFound
from spanglass_server.store.library import (
    ItemQuery,
    NewDataset,
    NewDatasetItem,
    NewMedia,
    NewPrompt,
    NewRunItem,
    PromptQuery,
    Slice,
)
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.library import SqlLibrary, open_library
from spanglass_server.store.metadata.media import MediaLimits

MILLISECOND_NS = 1_000_000
ALL = Slice(1000, 0)
P = "default"


class TickingClock:
    """Nanoseconds since the epoch; each look at it is a bit later."""

    def __init__(self) -> None:
        self.now_ns = 1_700_000_000_000_000_123

    def __call__(self) -> int:
        self.now_ns += 1_000
        return self.now_ns


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock()


@pytest.fixture
def library(directory: SqlDirectory, database_url: str, ticking: TickingClock) -> Iterator[SqlLibrary]:
    limits = MediaLimits(media_bytes_max=10, media_project_bytes_max=25)
    opened = open_library(database_url, now_ns=ticking, limits=limits)
    yield opened
    opened.close()


def text_prompt(name: str = "greet", *labels: str, tags: list[str] | None = None, text: str = '"hi"'):
    return NewPrompt(name, "text", text, "{}", labels, tags, None)


def test_versions_count_up_and_the_newest_is_latest(library: SqlLibrary) -> None:
    first = library.prompts.create(P, text_prompt("greet", "production", text='"a"'))
    second = library.prompts.create(P, text_prompt("greet", "staging", text='"b"'))
    assert (first.version, first.labels) == (1, ["production", "latest"])
    assert (second.version, second.labels) == (2, ["staging", "latest"])
    assert library.prompts.get(P, "greet").prompt == '"a"'
    assert library.prompts.get(P, "greet", label="latest").version == 2
    assert library.prompts.get(P, "greet", version=1).labels == ["production"]
    assert library.prompts.create("default", text_prompt("other")).version == 1


def test_a_label_is_on_one_version(library: SqlLibrary) -> None:
    library.prompts.create(P, text_prompt("greet", "production", "eu"))
    library.prompts.create(P, text_prompt("greet", "production"))
    assert library.prompts.get(P, "greet", version=1).labels == ["eu"]
    moved = library.prompts.label(P, "greet", 1, ["production", "us"])
    assert moved.labels == ["eu", "production", "us"]
    assert library.prompts.get(P, "greet", version=2).labels == ["latest"]
    with pytest.raises(NotFound):
        library.prompts.label(P, "greet", 3, ["production"])


def test_tags_are_those_of_the_name_and_stay_where_none_are_given(library: SqlLibrary) -> None:
    library.prompts.create(P, text_prompt(tags=["b", "a", "a"]))
    assert library.prompts.create(P, text_prompt()).tags == ["a", "b"]
    library.prompts.create(P, text_prompt(tags=["c"]))
    assert library.prompts.get(P, "greet", version=1).tags == ["c"]
    assert library.prompts.create(P, text_prompt(tags=[])).tags == []


def test_a_prompt_keeps_its_type(library: SqlLibrary) -> None:
    library.prompts.create(P, text_prompt())
    with pytest.raises(BadInput, match="'text', not 'chat'"):
        library.prompts.create(P, text_prompt()._replace(type="chat", prompt="[]"))


def test_a_missing_prompt_is_named(library: SqlLibrary) -> None:
    library.prompts.create(P, text_prompt("greet", "staging"))
    with pytest.raises(NotFound, match="'greet' with the label 'production'"):
        library.prompts.get(P, "greet")
    with pytest.raises(NotFound, match="'greet' in version 9"):
        library.prompts.get(P, "greet", version=9)
    with pytest.raises(NotFound):
        library.prompts.get("elsewhere", "greet", label="staging")


def test_many_writers_at_once_give_each_version_once(library: SqlLibrary, directory: SqlDirectory) -> None:
    project = directory.create_project("busy").id

    def create(number: int) -> int:
        return library.prompts.create(project, text_prompt("greet", "production", text=f'"{number}"')).version

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(create, range(40)))
    assert sorted(versions) == list(range(1, 41))
    holders = [
        version
        for version in range(1, 41)
        if "production" in library.prompts.get(project, "greet", version=version).labels
    ]
    assert holders == [40]


def test_prompts_are_listed_by_name_with_what_a_query_matches(
    library: SqlLibrary, ticking: TickingClock
) -> None:
    library.prompts.create(P, text_prompt("b/two", "production", tags=["x"]))
    later_ns = ticking.now_ns
    library.prompts.create(P, text_prompt("b/two")._replace(config='{"v":2}'))
    library.prompts.create(P, text_prompt("a/one", tags=["x", "y"]))
    library.prompts.create(P, text_prompt("c/three"))

    def names(query: PromptQuery, part: Slice = ALL) -> list[str]:
        return [summary.name for summary in library.prompts.list(P, query, part).items]

    assert names(PromptQuery()) == ["a/one", "b/two", "c/three"]
    assert names(PromptQuery(), Slice(1, 1)) == ["b/two"]
    assert library.prompts.list(P, PromptQuery(), Slice(1, 1)).total == 3
    assert names(PromptQuery(tag="x")) == ["a/one", "b/two"]
    assert names(PromptQuery(name="c/three")) == ["c/three"]
    assert names(PromptQuery(label="latest")) == ["a/one", "b/two", "c/three"]
    assert names(PromptQuery(updated_from_ns=later_ns)) == ["a/one", "b/two", "c/three"]
    assert names(PromptQuery(updated_to_ns=later_ns + 1)) == ["b/two"]
    whole = library.prompts.list(P, PromptQuery(name="b/two"), ALL).items[0]
    assert (whole.versions, whole.labels, whole.config) == ([1, 2], ["production", "latest"], '{"v":2}')
    labelled = library.prompts.list(P, PromptQuery(label="production"), ALL).items
    assert [(one.name, one.versions, one.config) for one in labelled] == [("b/two", [1], "{}")]


def test_deleted_versions_are_gone_and_latest_moves_back(library: SqlLibrary) -> None:
    for _ in range(3):
        library.prompts.create(P, text_prompt("greet", "production", tags=["x"]))
    library.prompts.delete(P, "greet", label="production")
    assert library.prompts.get(P, "greet", label="latest").version == 2
    library.prompts.delete(P, "greet", version=1)
    library.prompts.delete(P, "greet")
    with pytest.raises(NotFound):
        library.prompts.delete(P, "greet")
    assert library.prompts.create(P, text_prompt()).tags == []


def test_a_dataset_is_changed_by_its_name_and_keeps_what_is_not_given(library: SqlLibrary) -> None:
    made = library.datasets.put_dataset(P, NewDataset("qa", "first", '{"a":1}', '{"type":"object"}'))
    assert (made.description, made.metadata, made.expected_output_schema) == ("first", '{"a":1}', "null")
    changed = library.datasets.put_dataset(P, NewDataset("qa", description="second"))
    assert (changed.id, changed.description, changed.metadata) == (made.id, "second", '{"a":1}')
    library.datasets.put_dataset(P, NewDataset("newer"))
    page = library.datasets.list_datasets(P, Slice(1, 0))
    assert ([dataset.name for dataset in page.items], page.total) == (["newer"], 2)
    with pytest.raises(NotFound):
        library.datasets.get_dataset("elsewhere", "qa")


def test_an_item_is_changed_by_its_id_and_read_as_it_was(library: SqlLibrary, ticking: TickingClock) -> None:
    library.datasets.put_dataset(P, NewDataset("qa"))
    first = library.datasets.put_item(P, NewDatasetItem("qa", "i1", '{"q":1}', '"a"'))
    again = library.datasets.put_item(P, NewDatasetItem("qa", "i1", '{"q":2}'))
    assert again.valid_from_ns > first.valid_from_ns, "in the same millisecond, too"
    ticking.now_ns += 50 * MILLISECOND_NS
    last = library.datasets.put_item(P, NewDatasetItem("qa", "i1", status="ARCHIVED"))
    assert (last.input, last.expected_output, last.status) == ('{"q":2}', '"a"', "ARCHIVED")
    assert last.created_at_ns == first.created_at_ns

    def seen(as_of_ns: int | None) -> list[tuple[str, str]]:
        found = library.datasets.list_items(P, ItemQuery(dataset_name="qa", as_of_ns=as_of_ns), ALL)
        return [(item.input, item.status) for item in found.items]

    assert seen(first.valid_from_ns - 1) == []
    assert seen(first.valid_from_ns) == [('{"q":1}', "ACTIVE")]
    assert seen(again.valid_from_ns) == [('{"q":2}', "ACTIVE")]
    assert seen(None) == seen(last.valid_from_ns) == [('{"q":2}', "ARCHIVED")]
    active = library.datasets.list_items(P, ItemQuery(dataset_name="qa", status="ACTIVE"), ALL)
    assert (active.items, active.total) == ([], 0)


def test_items_are_paged_newest_first_and_found_by_their_source(library: SqlLibrary) -> None:
    library.datasets.put_dataset(P, NewDataset("qa"))
    for number in range(5):
        new = NewDatasetItem("qa", f"i{number}", source_trace_id="t" if number == 3 else None)
        library.datasets.put_item(P, new)
    pages = [library.datasets.list_items(P, ItemQuery("qa"), Slice(2, offset)).items for offset in (0, 2, 4)]
    assert [item.id for page in pages for item in page] == ["i4", "i3", "i2", "i1", "i0"]
    found = library.datasets.list_items(P, ItemQuery(source_trace_id="t"), ALL)
    assert [item.id for item in found.items] == ["i3"]
    with pytest.raises(NotFound, match="nothing"):
        library.datasets.list_items(P, ItemQuery("nothing"), ALL)


def test_an_id_belongs_to_one_dataset(library: SqlLibrary) -> None:
    library.datasets.put_dataset(P, NewDataset("qa"))
    library.datasets.put_dataset(P, NewDataset("other"))
    library.datasets.put_item(P, NewDatasetItem("qa", "i1"))
    with pytest.raises(BadInput, match="another dataset, 'qa'"):
        library.datasets.put_item(P, NewDatasetItem("other", "i1"))
    with pytest.raises(NotFound):
        library.datasets.put_item(P, NewDatasetItem("missing", "i2"))


def test_run_items_make_their_run_and_are_not_doubled_by_a_retry(library: SqlLibrary) -> None:
    dataset = library.datasets.put_dataset(P, NewDataset("qa"))
    library.datasets.put_item(P, NewDatasetItem("qa", "i1"))
    library.datasets.put_item(P, NewDatasetItem("qa", "i2"))
    first = library.datasets.add_run_item(P, NewRunItem("r", "i1", "t1", None, "about", '{"k":1}'))
    assert library.datasets.add_run_item(P, NewRunItem("r", "i1", "t1")) == first
    second = library.datasets.add_run_item(P, NewRunItem("r", "i2", "t2", "o2", created_at_ns=5))
    assert (second.run_id, second.observation_id, second.created_at_ns) == (first.run_id, "o2", 5)
    page = library.datasets.list_run_items(P, dataset.id, "r", ALL)
    assert ([item.item_id for item in page.items], page.total) == (["i1", "i2"], 2)
    run = library.datasets.get_run(P, "qa", "r")
    assert (run.id, run.description, run.metadata) == (first.run_id, "about", '{"k":1}')
    assert library.datasets.list_runs(P, "qa", ALL).items == [run]
    with pytest.raises(NotFound):
        library.datasets.add_run_item(P, NewRunItem("r", "i9", "t1"))


def test_a_deleted_run_or_item_takes_its_run_items_along(library: SqlLibrary) -> None:
    dataset = library.datasets.put_dataset(P, NewDataset("qa"))
    for item in ("i1", "i2"):
        library.datasets.put_item(P, NewDatasetItem("qa", item))
        library.datasets.add_run_item(P, NewRunItem("r", item, "t"))
    library.datasets.delete_item(P, "i1")
    left = library.datasets.list_run_items(P, dataset.id, "r", ALL).items
    assert [item.item_id for item in left] == ["i2"]
    library.datasets.delete_run(P, "qa", "r")
    with pytest.raises(NotFound):
        library.datasets.get_run(P, "qa", "r")
    with pytest.raises(NotFound):
        library.datasets.delete_item(P, "i1")
    with pytest.raises(NotFound):
        library.datasets.delete_run(P, "qa", "r")


def test_many_writers_at_once_make_one_run(library: SqlLibrary) -> None:
    library.datasets.put_dataset(P, NewDataset("qa"))
    for number in range(20):
        library.datasets.put_item(P, NewDatasetItem("qa", f"i{number}"))

    def add(number: int) -> str:
        return library.datasets.add_run_item(P, NewRunItem("r", f"i{number}", f"t{number}")).run_id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(add, range(20)))) == 1


def medium(media_id: str, length: int) -> NewMedia:
    return NewMedia(media_id, media_id.encode().ljust(32), "image/png", length)


def test_media_are_there_once_their_content_is(library: SqlLibrary) -> None:
    announced = library.media.announce(P, medium("m1", 3))
    assert announced.uploaded_at_ns is None
    assert library.media.find_content(P, "m1") is None
    assert library.media.announce(P, medium("m1", 4)).length_bytes == 4, "the first announcement was wrong"
    library.media.store_content(P, "m1", b"\x00\xff12")
    library.media.store_content(P, "m1", b"\x00\xff12")
    assert library.media.find_content(P, "m1") == b"\x00\xff12"
    found = library.media.announce(P, medium("m1", 3))
    assert found.uploaded_at_ns is not None
    assert (found.length_bytes, found.signing_key) == (4, announced.signing_key)
    assert set(library.media.find_many(P, ["m1", "m2"])) == {"m1"}
    assert library.media.find("elsewhere", "m1") is None


def test_media_go_with_the_last_trace_that_used_them(library: SqlLibrary) -> None:
    for name, traces in (("m1", ["t1", "t2"]), ("m2", ["t1"]), ("m3", ["t1"]), ("m4", [""])):
        for trace in traces:
            library.media.announce(P, medium(name, 1), trace_id=trace)
        library.media.store_content(P, name, b"x")
    library.datasets.put_dataset(P, NewDataset("qa"))
    library.datasets.put_item(P, NewDatasetItem("qa", "i1", '"@@@langfuseMedia:id=m3|source=bytes@@@"'))
    assert library.media.forget_traces(P, ["t0"]) == 0
    assert library.media.forget_traces(P, ["t1"]) == 1, "m1 has another trace, m3 an item"
    assert set(library.media.find_many(P, ["m1", "m2", "m3", "m4"])) == {"m1", "m3", "m4"}
    assert library.media.find_content(P, "m2") is None
    assert library.media.forget_traces(P, ["t2"]) == 1
    assert set(library.media.find_many(P, ["m1", "m3", "m4"])) == {"m3", "m4"}


def test_media_go_when_nothing_announced_them_for_long(library: SqlLibrary, ticking: TickingClock) -> None:
    for name in ("old", "again", "held", "loose"):
        library.media.announce(P, medium(name, 1), trace_id="" if name == "loose" else "t")
        library.media.store_content(P, name, b"x")
    library.datasets.put_dataset(P, NewDataset("qa"))
    library.datasets.put_item(P, NewDatasetItem("qa", "i1", metadata='"id=held|"'))
    later_ns = ticking.now_ns + 1
    library.media.announce(P, medium("again", 1), trace_id="t")
    assert library.media.forget_before(P, later_ns) == 2
    assert set(library.media.find_many(P, ["old", "again", "held", "loose"])) == {"again", "held"}


def test_media_over_a_limit_are_refused_with_its_setting(library: SqlLibrary) -> None:
    with pytest.raises(BodyTooLarge) as caught:
        library.media.announce(P, medium("big", 11))
    assert "SPANGLASS_MEDIA_BYTES_MAX" in caught.value.hint
    for name in ("m1", "m2"):
        library.media.announce(P, medium(name, 10))
    late = library.media.announce(P, medium("m3", 10))
    for name in ("m1", "m2"):
        library.media.store_content(P, name, b"0123456789")
    with pytest.raises(BodyTooLarge) as caught:
        library.media.store_content(P, late.id, b"0123456789")
    assert "SPANGLASS_MEDIA_PROJECT_BYTES_MAX" in caught.value.hint
    with pytest.raises(BodyTooLarge):
        library.media.announce(P, medium("m4", 6))
    library.media.store_content(P, "m1", b"0123456789")
    assert library.media.announce(P, medium("m1", 10)).uploaded_at_ns is not None


def test_a_project_takes_everything_along(library: SqlLibrary, directory: SqlDirectory) -> None:
    project = directory.create_project("shop").id
    for owner in (project, P):
        library.prompts.create(owner, text_prompt("greet", "production", tags=["x"]))
        library.datasets.put_dataset(owner, NewDataset("qa"))
        library.datasets.put_item(owner, NewDatasetItem("qa", "i1"))
        library.datasets.put_item(owner, NewDatasetItem("qa", "i1", '"changed"'))
        library.datasets.add_run_item(owner, NewRunItem("r", "i1", "t"))
        library.media.announce(owner, medium("m1", 1))
        library.media.store_content(owner, "m1", b"x")
    directory.delete_project(project)
    assert library.prompts.list(project, PromptQuery(), ALL).total == 0
    assert library.datasets.list_datasets(project, ALL).total == 0
    assert library.datasets.list_items(project, ItemQuery(), ALL).total == 0
    assert library.media.find(project, "m1") is None
    assert library.media.find_content(project, "m1") is None
    assert library.prompts.get(P, "greet").tags == ["x"]
    assert library.datasets.get_run(P, "qa", "r").name == "r"
    with pytest.raises(NotFound):
        library.prompts.create(project, text_prompt())
    with pytest.raises(NotFound):
        library.media.announce(project, medium("m1", 1))
