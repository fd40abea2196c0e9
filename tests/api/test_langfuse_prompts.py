"""Langfuse's prompts over HTTP, as the SDKs ask for them."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.langfuse_library import LangfuseLibrary

PROMPTS = "/api/public/v2/prompts"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangfuseLibrary]:
    made = LangfuseLibrary(tmp_path_factory.mktemp("library"))
    yield made
    made.close()


@pytest.fixture
def library(server: LangfuseLibrary) -> LangfuseLibrary:
    server.renew()
    return server


def create(library: LangfuseLibrary, status: int = 201, **body: Any) -> Any:
    answer = library.client.post(PROMPTS, json={"name": "movie", "prompt": "Hi {{x}}", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_created_prompt_is_told_with_its_type_and_version(library: LangfuseLibrary) -> None:
    sent_by_sdk_2 = {"config": {}, "labels": ["production"], "tags": None, "commitMessage": None}
    made = create(library, type="text", **sent_by_sdk_2)
    expected = {
        "type": "text",
        "name": "movie",
        "version": 1,
        "prompt": "Hi {{x}}",
        "config": {},
        "labels": ["production", "latest"],
        "tags": [],
        "commitMessage": None,
        "resolutionGraph": None,
    }
    assert made.items() >= expected.items()
    assert create(library, **sent_by_sdk_2)["version"] == 2
    assert library.client.get(f"{PROMPTS}/movie").json()["version"] == 2


def test_without_label_or_version_the_one_in_production_is_given(library: LangfuseLibrary) -> None:
    create(library, labels=["production"])
    create(library, prompt="newer", labels=["staging"])
    assert library.client.get(f"{PROMPTS}/movie").json()["prompt"] == "Hi {{x}}"
    for query in ({"label": "staging"}, {"version": 2}, {"label": "latest"}):
        assert library.client.get(f"{PROMPTS}/movie", params=query).json()["prompt"] == "newer"
    both = library.client.get(f"{PROMPTS}/movie", params={"version": 1, "label": "staging"})
    assert both.status_code == 400


@pytest.mark.parametrize("sent", ["folder/sub/movie", "folder%2Fsub%2Fmovie"])
def test_names_in_folders_are_found_raw_and_encoded(library: LangfuseLibrary, sent: str) -> None:
    create(library, name="folder/sub/movie", labels=["production"])
    assert library.client.get(f"{PROMPTS}/{sent}").json()["name"] == "folder/sub/movie"
    changed = library.client.patch(f"{PROMPTS}/{sent}/versions/1", json={"newLabels": ["a"]})
    assert changed.json()["labels"] == ["a", "production", "latest"]
    assert library.client.delete(f"{PROMPTS}/{sent}").status_code == 204


def test_a_missing_prompt_is_a_404_of_langfuses_shape(library: LangfuseLibrary) -> None:
    answer = library.client.get(f"{PROMPTS}/folder/missing")
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "Prompt not found: 'folder/missing' with the label 'production'",
        "error": "LangfuseNotFoundError",
    }


def test_chat_prompts_and_placeholders_are_kept_as_sent(library: LangfuseLibrary) -> None:
    messages = [
        {
            "type": "chatmessage",
            "role": "system",
            "content": "You {{x}} \u0000 한국어 😀",
            "extra": 1,
        },
        {"type": "placeholder", "name": "history"},
        {"role": "user", "content": [{"type": "text", "text": "big 123456789012345678901234567890"}]},
    ]
    create(library, name="chat", type="chat", prompt=messages, config={"n": 2**70}, labels=["production"])
    found = library.client.get(f"{PROMPTS}/chat").json()
    assert (found["type"], found["prompt"], found["config"]) == ("chat", messages, {"n": 2**70})


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"type": "chat"}, "array of messages"),
        ({"type": "text", "prompt": [{"role": "user", "content": "x"}]}, "string"),
        ({"prompt": [{"role": "user"}]}, "prompt.0"),
        ({"prompt": [{"type": "placeholder"}]}, "placeholder"),
        ({"prompt": 5}, "prompt"),
        ({"name": ""}, "name"),
        ({"name": "/x"}, "name"),
        ({"name": "a//b"}, "name"),
        ({"name": "a|b"}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"labels": ["Not OK"]}, "labels"),
        ({"labels": ["x" * 37]}, "labels"),
    ],
)
def test_a_bad_prompt_is_refused_by_the_name_of_its_part(
    library: LangfuseLibrary, body: dict[str, Any], what: str
) -> None:
    answer = create(library, status=400, **body)
    assert answer["error"] == "InvalidRequestError"
    assert what in answer["message"]


def test_latest_is_the_servers_label(library: LangfuseLibrary) -> None:
    create(library, labels=["latest"])
    create(library)
    answer = library.client.patch(f"{PROMPTS}/movie/versions/1", json={"newLabels": ["latest"]})
    assert answer.status_code == 400
    assert library.client.get(f"{PROMPTS}/movie", params={"label": "latest"}).json()["version"] == 2


def test_the_list_is_paged_with_meta(library: LangfuseLibrary) -> None:
    for name in ("a", "b", "c"):
        create(library, name=name, tags=["x"] if name != "b" else [], config={"m": name})
    answer = library.client.get(PROMPTS, params={"limit": 2, "page": 2}).json()
    assert answer["meta"] == {"page": 2, "limit": 2, "totalItems": 3, "totalPages": 2}
    (last,) = answer["data"]
    assert last.pop("lastUpdatedAt").endswith("Z")
    assert last == {
        "name": "c",
        "type": "text",
        "versions": [1],
        "labels": ["latest"],
        "tags": ["x"],
        "lastConfig": {"m": "c"},
    }
    tagged = library.client.get(PROMPTS, params={"tag": "x"}).json()["data"]
    assert [one["name"] for one in tagged] == ["a", "c"]
    bad = library.client.get(PROMPTS, params={"fromUpdatedAt": "yesterday"})
    assert (bad.status_code, "fromUpdatedAt" in bad.text) == (400, True)


def test_a_deleted_version_is_gone_alone(library: LangfuseLibrary) -> None:
    create(library)
    create(library, labels=["production"])
    assert library.client.delete(f"{PROMPTS}/movie", params={"label": "production"}).status_code == 204
    assert library.client.get(f"{PROMPTS}/movie", params={"version": 2}).status_code == 404
    assert library.client.get(f"{PROMPTS}/movie", params={"version": 1}).status_code == 200


def test_projects_do_not_see_each_other(library: LangfuseLibrary) -> None:
    create(library, labels=["production"])
    mine = library.client_of(library.project)
    library.renew()
    other = library.client
    assert other.get(f"{PROMPTS}/movie").status_code == 404
    assert other.patch(f"{PROMPTS}/movie/versions/1", json={"newLabels": ["a"]}).status_code == 404
    assert other.delete(f"{PROMPTS}/movie").status_code == 404
    assert other.get(PROMPTS).json()["meta"]["totalItems"] == 0
    assert mine.get(f"{PROMPTS}/movie").status_code == 200


def test_scopes_are_kept_to(library: LangfuseLibrary) -> None:
    create(library, labels=["production"])
    sender = library.client_of(library.project, "ingest")
    reader = library.client_of(library.project, "read")
    assert sender.get(f"{PROMPTS}/movie").status_code == 403
    assert reader.post(PROMPTS, json={"name": "x", "prompt": ""}).status_code == 403
    assert sender.post(PROMPTS, json={"name": "x", "prompt": ""}).status_code == 201
    assert library.client_of(library.project, "ingest", "read").delete(f"{PROMPTS}/x").status_code == 403
    nobody = library.keyless_client().get(f"{PROMPTS}/movie")
    assert (nobody.status_code, nobody.json()["error"]) == (401, "UnauthorizedError")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b'{"name":"x","prompt":"x","config":NaN}', 400),
        (b'{"name":"x","prompt":"x","config":' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"name":"x","prompt":"x","config":' + b"[" * 500_000, 400),
        (b'{"name":"x","prompt":"' + b"x" * (9 << 20) + b'"}', 413),
    ],
)
def test_a_hostile_body_is_refused(library: LangfuseLibrary, body: bytes, status: int) -> None:
    assert library.client.post(PROMPTS, content=body).status_code == status


def test_a_lone_surrogate_is_kept_escaped(library: LangfuseLibrary) -> None:
    body = rb'{"name":"x","prompt":"a\ud800b","labels":["production"]}'
    assert library.client.post(PROMPTS, content=body).status_code == 201
    assert rb"a\ud800b" in library.client.get(f"{PROMPTS}/x").content


def test_references_to_other_prompts_are_read_in_place(library: LangfuseLibrary) -> None:
    create(library, name="rules", prompt="Be brief.", labels=["production"])
    create(library, name="rules", prompt="Be long.")
    create(
        library,
        name="tone",
        prompt="Kindly: @@@langfusePrompt:name=rules|version=1@@@",
        labels=["production"],
    )
    reference = "@@@langfusePrompt:name=tone|label=production@@@"
    messages = [{"role": "system", "content": f"{reference} {{{{x}}}}"}, {"type": "placeholder", "name": "h"}]
    create(library, name="chat", type="chat", prompt=messages, labels=["production"])
    found = library.client.get(f"{PROMPTS}/chat").json()["prompt"]
    assert found == [{"role": "system", "content": "Kindly: Be brief. {{x}}"}, messages[1]]
    raw = library.client.get(f"{PROMPTS}/chat", params={"resolve": "false"}).json()["prompt"]
    assert raw == messages
    library.client.delete(f"{PROMPTS}/tone")
    gone = library.client.get(f"{PROMPTS}/chat")
    assert (gone.status_code, "'tone'" in gone.json()["message"]) == (404, True)


def test_references_that_lead_nowhere_or_back_are_refused(library: LangfuseLibrary) -> None:
    create(library, name="a", prompt="a", labels=["production"])
    create(library, name="b", prompt="@@@langfusePrompt:name=a|label=production@@@", labels=["production"])
    create(
        library, name="talk", type="chat", prompt=[{"role": "user", "content": "x"}], labels=["production"]
    )
    for reference, why in (
        ("name=nothing|label=production", "missing"),
        ("name=b|version=x", "no version"),
        ("name=talk|label=production", "chat"),
        ("name=b|label=production", "circle"),
    ):
        answer = create(library, status=400, name="a", prompt=f"@@@langfusePrompt:{reference}@@@")
        assert why in answer["message"]
    words = "".join(["@@@langfusePrompt:name=a|version=1@@@"] * 101)
    assert "more than" in create(library, status=400, name="many", prompt=words)["message"]
