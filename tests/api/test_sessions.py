"""Sessions over the JSON API: listed, read as a conversation, taken away as a file."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.scores import make_score
from tests.support.spans import SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import Directory
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import session_models as models

MINUTE_NS = 60 * SECOND_NS
Say = Callable[..., list[Span]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    opened = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, directory: Directory, project_id: str) -> Iterator[JsonApi]:
    opened = JsonApi(embedded_engine, directory, f"talk-{project_id}")
    yield opened
    opened.close()


@pytest.fixture
def say(api: JsonApi) -> Say:
    def store(
        session: str, question: str, answer: str, *, ago_ns: int, history: int = 0, **fields: Any
    ) -> list[Span]:
        """A turn: a chain around one model call that is told `history` earlier messages."""
        start = NOW_NS - ago_ns
        common = {"trace_id": api.factory.trace_id(), "session_id": session, **fields}
        root = api.factory.span(
            **common, name="chat", kind="chain", start_time_ns=start, end_time_ns=start + 2 * SECOND_NS,
            input=question, output=answer, input_key="input.value", output_key="output.value",
            input_preview=question, output_preview=answer,
        )  # fmt: skip
        told = [("user" if place % 2 == 0 else "assistant", f"old {place}") for place in range(history)]
        messages = [("system", "Be brief."), *told, ("user", f"Context: docs\n{question}")]
        call = api.factory.call(
            **common, parent_span_id=root.span_id, start_time_ns=start + SECOND_NS,
            end_time_ns=start + 2 * SECOND_NS,
            input=orjson.dumps([_message(*message) for message in messages]).decode(),
            output=orjson.dumps([_message("assistant", answer)]).decode(),
        )  # fmt: skip
        api.store([root, call])
        return [root, call]

    return store


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def test_a_session_adds_up_its_traces(api: JsonApi, say: Say) -> None:
    say("s1", "Hello?", "Hi.", ago_ns=30 * MINUTE_NS, user_id="u1")
    say("s1", "And now?", "Bye.", ago_ns=10 * MINUTE_NS, user_id="u1", status="error")
    say("s2", "Other", "Yes", ago_ns=20 * MINUTE_NS)
    say("", "Alone", "No session", ago_ns=MINUTE_NS)
    page = api.get("/sessions")
    models.SessionPage.model_validate(page)
    first, second = page["items"]
    assert (first["session_id"], second["session_id"]) == ("s1", "s2")
    assert first["trace_count"] == 2
    assert first["error_count"] == 1
    assert first["user_ids"] == ["u1"]
    assert first["duration_ms"] == pytest.approx(20 * 60_000 + 2_000)
    assert first["total_tokens"] == 1500
    assert first["cost_usd"] == pytest.approx(0.0027)
    assert (first["first_input"], first["last_input"], first["last_output"]) == ("Hello?", "And now?", "Bye.")


def test_a_filter_finds_whole_sessions(api: JsonApi, say: Say) -> None:
    say("s1", "Hello?", "Hi.", ago_ns=30 * MINUTE_NS)
    say("s1", "And now?", "Bye.", ago_ns=10 * MINUTE_NS, status="error")
    say("s2", "Other", "Yes", ago_ns=20 * MINUTE_NS)
    (found,) = api.get("/sessions", filter="status:error")["items"]
    assert (found["session_id"], found["trace_count"]) == ("s1", 2)
    (found,) = api.get("/sessions", filter='input:"Other"')["items"]
    assert found["session_id"] == "s2"


@pytest.mark.parametrize(
    "order", ["last_time", "-start_time", "duration", "-trace_count", "error_count", "total_tokens", "-cost"]
)
def test_pages_of_sessions_give_each_once(api: JsonApi, say: Say, order: str) -> None:
    for number in range(7):
        for turn in range(number % 3 + 1):
            say(f"s{number}", "Q", "A", ago_ns=(number * 3 + turn + 1) * MINUTE_NS)
    whole = [item["session_id"] for item in api.get("/sessions", order=order)["items"]]
    paged, cursor = [], ""
    while True:
        page = api.get("/sessions", order=order, limit=3, cursor=cursor)
        paged += [item["session_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    assert len(set(whole)) == 7


def test_an_order_that_is_unknown_is_named(api: JsonApi) -> None:
    problem = api.problem("/sessions", order="colour")
    assert problem["status"] == 400
    assert "last_time" in problem["hint"]


def test_scores_of_traces_and_of_the_session_itself_are_told(api: JsonApi, say: Say, project_id: str) -> None:
    first = say("s1", "Hello?", "Hi.", ago_ns=30 * MINUTE_NS)
    score = make_score(
        api.project.id, f"{project_id}-a", trace_id=first[0].trace_id, time_ns=NOW_NS, value=0.4, quality=0.4
    )
    own = score._replace(score_id=f"{project_id}-b", trace_id="", session_id="s1", value=0.8, quality=0.8)
    word = score._replace(
        score_id=f"{project_id}-c", name="topic", data_type="categorical", value=None, quality=None
    )
    api._writer.write_batch(spans=[], traces=[], logs=[], scores=[score, own, word])
    (session,) = api.get("/sessions")["items"]
    assert session["scores"] == [{"name": "quality", "mean": pytest.approx(0.6), "count": 2}]
    assert session["quality"] == pytest.approx(0.6)
    assert session["quality_count"] == 2


def test_a_session_is_found_whenever_it_was(api: JsonApi, say: Say) -> None:
    say("a/b c", "Long ago", "Yes", ago_ns=400 * 24 * 60 * MINUTE_NS)
    say("a/b c", "Now", "No", ago_ns=MINUTE_NS)
    session = api.get("/sessions/a/b c")
    models.Session.model_validate(session)
    assert session["trace_count"] == 2
    assert api.problem("/sessions/nobody")["status"] == 404


def test_turns_tell_what_is_new_and_not_the_history(api: JsonApi, say: Say) -> None:
    say("s1", "Hello?", "Hi.", ago_ns=30 * MINUTE_NS)
    say("s1", "And now?", "Bye.", ago_ns=10 * MINUTE_NS, history=2)
    page = api.get("/sessions/s1/turns")
    models.TurnPage.model_validate(page)
    first, second = page["items"]
    assert _texts(first["question"]) == ["Hello?"]
    assert _texts(second["question"]) == ["And now?"]
    assert _texts(second["answer"]) == ["Bye."]
    assert second["system"] == "Be brief."
    assert (first["earlier_count"], second["earlier_count"]) == (0, 2)


def test_turns_come_in_pages_from_either_end(api: JsonApi, say: Say) -> None:
    for number in range(5):
        say("s1", f"Q{number}", "A", ago_ns=(10 - number) * MINUTE_NS)
    page = api.get("/sessions/s1/turns", limit=3)
    rest = api.get("/sessions/s1/turns", limit=3, cursor=page["next_cursor"])
    asked = [_texts(turn["question"])[0] for turn in [*page["items"], *rest["items"]]]
    assert asked == ["Q0", "Q1", "Q2", "Q3", "Q4"]
    assert rest["next_cursor"] is None
    newest = api.get("/sessions/s1/turns", limit=1, order="-start_time")["items"]
    assert _texts(newest[0]["question"]) == ["Q4"]


def test_tools_stand_between_the_question_and_the_answer(api: JsonApi, say: Say) -> None:
    root, call = say("s1", "Weather?", "Sunny.", ago_ns=5 * MINUTE_NS)
    tool = api.factory.span(
        trace_id=root.trace_id, session_id="s1", parent_span_id=root.span_id, kind="tool",
        name="get_weather", tool_name="get_weather", start_time_ns=root.start_time_ns + 1,
        end_time_ns=root.start_time_ns + SECOND_NS, input='{"city":"Paris"}', output='{"sky":"clear"}',
        input_key="input.value", output_key="output.value",
    )  # fmt: skip
    api.store([root, tool, call])
    (turn,) = api.get("/sessions/s1/turns")["items"]
    (step,) = turn["steps"]
    assert (step["kind"], step["name"], step["span_id"]) == ("tool", "get_weather", tool.span_id)
    assert step["arguments"] == {"city": "Paris"}
    assert step["result"] == {"sky": "clear"}


def test_a_session_is_taken_away_as_json_and_as_markdown(api: JsonApi, say: Say) -> None:
    say("s/1", "Show `code`", "```py\nprint()\n```", ago_ns=30 * MINUTE_NS)
    say("s/1", "Thanks", "Welcome", ago_ns=10 * MINUTE_NS)
    whole = api.get("/sessions/s/1/export")
    assert whole["session"]["trace_count"] == 2
    assert [_texts(turn["question"])[0] for turn in whole["turns"]] == ["Show `code`", "Thanks"]
    answer = api.client.get(
        "/api/v1/sessions/s/1/export", params={"project": api.project.name, "format": "markdown"}
    )
    assert answer.headers["content-type"].startswith("text/markdown")
    assert 'filename="s-1.md"' in answer.headers["content-disposition"]
    text = answer.text
    assert text.index("Show `code`") < text.index("print()") < text.index("Thanks") < text.index("Welcome")
    assert text.count("Be brief.") == 1


def _texts(message: dict[str, Any]) -> list[str]:
    return [part["text"] for part in message["parts"]]
