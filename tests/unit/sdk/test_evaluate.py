"""`spanglass.evaluate`: in the background, sampled by the trace id, never in the application's way."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.collector import Collector
from tests.support.fake_judge import FakeJudge

import spanglass
from spanglass import Score, _evaluations, _log, semconv
from spanglass._evaluations import Evaluations, evaluations
from spanglass.evaluators import EvaluationTarget, is_sampled
from spanglass.testing import Capture, capture
from spanglass_server.wire.scores import read_score

FLUSH_S = 60.0


@pytest.fixture(autouse=True)
def _quiet(captured: Capture) -> Iterator[None]:
    """Each complaint is new, and nothing is left over for the next test."""
    _log.forget_all()
    yield
    assert spanglass.flush(FLUSH_S)


def scores(captured: Capture) -> list[dict[str, Any]]:
    assert spanglass.flush(FLUSH_S)
    return captured.scores


def test_an_answer_is_judged_and_its_trace_gets_the_score(captured: Capture) -> None:
    with spanglass.span("root") as root:
        assert spanglass.evaluate("length", output="Five days.", options={"at_most": 5})
    (score,) = scores(captured)
    assert (score["name"], score["value"], score["trace_id"]) == ("length_ok", False, root.trace_id)
    assert score["comment"] == "the answer has 10 characters, at most 5 expected"
    assert (score["source"], score["author"], score["sampling_rate"]) == ("evaluator", "length_ok"[:6], 1.0)
    assert (score["evaluator_id"], score["evaluator_version"]) == ("length", 1)
    assert captured.tree() == "root"


def test_the_server_reads_what_is_sent(captured: Capture) -> None:
    spanglass.evaluate("length", output="x", trace_id="ab" * 16, span_id="cd" * 8, version=3, sample_rate=1)
    (score,) = scores(captured)
    record = read_score(score)
    assert (record.source, record.sampling_rate, record.evaluator_version) == ("evaluator", 1.0, 3)
    assert (record.trace_id, record.span_id) == ("ab" * 16, "cd" * 8)


def test_the_same_judgement_replaces_itself_and_another_version_does_not(captured: Capture) -> None:
    for version in (1, 1, 2):
        spanglass.evaluate("length", output="x", trace_id="ab" * 16, version=version)
    spanglass.evaluate("length", output="x", trace_id="ab" * 16, options={"at_most": 9})
    first, again, newer, otherwise = [score["id"] for score in scores(captured)]
    assert first == again
    assert len({first, newer, otherwise}) == 3


def test_sampling_is_decided_by_the_trace_id_alone(captured: Capture) -> None:
    ids = [f"{number:032x}" for number in range(1, 801)]
    told = [spanglass.evaluate("length", output="x", trace_id=one, sample_rate=0.3) for one in ids]
    assert told == [is_sampled(one, 0.3) for one in ids]
    assert 180 < sum(told) < 300  # binomial: 240 +- 4.6 sigma
    assert [score["trace_id"] for score in scores(captured)] == [
        one for one, taken in zip(ids, told, strict=True) if taken
    ]
    assert {score["sampling_rate"] for score in captured.scores} == {0.3}


def test_judges_are_sampled_unless_somebody_says_otherwise() -> None:
    assert spanglass.evaluator("length").sample_rate == 1.0
    assert _prepared_judge().sample_rate == 0.05
    assert _prepared_judge(sample_rate=0.5).sample_rate == 0.5


def _prepared_judge(**arguments: Any) -> Any:
    from spanglass._prepared import PreparedEvaluator

    return PreparedEvaluator("judge", options={"rubric": "tone"}, **arguments)


@dataclass
class Found:
    page_content: str
    metadata: dict[str, str]


def test_documents_and_messages_are_taken_as_libraries_have_them(captured: Capture) -> None:
    seen: list[EvaluationTarget] = []
    documents = [
        "plain",
        {"id": "d1", "content": "told", "score": 0.5},
        Found("found", {"source": "s.md"}),
        {"other": 1},
    ]
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "How long?"}]},
        {"role": "assistant", "content": "Five days."},
    ]
    spanglass.evaluate(
        lambda target: seen.append(target),
        documents=documents,
        messages=messages,
        metadata={"plan": "pro", "n": 3},
        reference="5",
        trace_id="ab" * 16,
    )
    documents.clear()
    messages[1]["content"] = "changed meanwhile"
    assert scores(captured) == []
    (target,) = seen
    assert [(one.id, one.content, one.score) for one in target.documents] == [
        ("", "plain", None),
        ("d1", "told", 0.5),
        ("s.md", "found", None),
        ("", '{"other":1}', None),
    ]
    assert (target.input, target.output, target.reference) == ("How long?", "Five days.", "5")
    assert [message.role for message in target.messages] == ["system", "user", "assistant"]
    assert target.metadata == {"plan": "pro", "n": "3"}
    assert target.trace_id == "ab" * 16


def test_functions_and_objects_judge_too(captured: Capture) -> None:
    class Wordy:
        def evaluate(self, target: EvaluationTarget) -> list[Score]:
            return [Score(0.25, "so", "wordiness")]

    def brevity(target: EvaluationTarget, limit: int = 5) -> bool:
        return len(target.output) < limit

    with spanglass.span("root"):
        spanglass.evaluate(brevity, output="Five days.")
        spanglass.evaluate(brevity, output="Five days.", options={"limit": 50}, name="generous")
        spanglass.evaluate(Wordy(), output="x")
    told = [(score["name"], score["value"], score["author"]) for score in scores(captured)]
    assert told == [
        ("brevity", False, "brevity"),
        ("generous", True, "generous"),
        ("wordiness", 0.25, "Wordy"),
    ]


def test_the_application_does_not_wait(captured: Capture) -> None:
    may_go_on = threading.Event()

    def stuck(target: EvaluationTarget) -> float:
        assert may_go_on.wait(60)
        return 1.0

    with spanglass.span("root"):
        assert spanglass.evaluate(stuck, output="x")
        assert spanglass.evaluate("length", output="x")
    assert spanglass.flush(0.05) is False
    assert captured.scores == []
    may_go_on.set()
    assert len(scores(captured)) == 2


def test_what_does_not_fit_into_the_queue_is_dropped_and_said_once(
    captured: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_evaluations, "QUEUE_MAX", 3)
    may_go_on = threading.Event()
    dropped = evaluations.dropped

    def stuck(target: EvaluationTarget) -> float:
        assert may_go_on.wait(60)
        return 1.0

    told = [spanglass.evaluate(stuck, output="x", trace_id=f"{number:032x}") for number in range(1, 7)]
    may_go_on.set()
    assert told == [True, True, True, False, False, False]
    assert len(scores(captured)) == 3
    assert evaluations.dropped == dropped + 3
    assert caplog.text.count("evaluations are waiting: further ones are dropped") == 1


def test_texts_that_wait_are_bounded_too(captured: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_evaluations, "CHARS_MAX", 1000)
    assert spanglass.evaluate("length", output="x" * 900, trace_id="1") is True
    scores(captured)
    assert spanglass.evaluate("length", output="x" * 1100, trace_id="2") is False


def test_an_evaluator_that_raises_is_said_once_and_the_others_go_on(
    captured: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(target: EvaluationTarget) -> float:
        raise ValueError("no luck")

    with spanglass.span("root"):
        for _ in range(3):
            assert spanglass.evaluate(broken, output="x")
        spanglass.evaluate("length", output="x")
    assert [score["name"] for score in scores(captured)] == ["length_ok"]
    assert caplog.text.count("the evaluator broken failed: ValueError: no luck") == 1


@pytest.mark.parametrize(
    ("kind", "options", "reason"),
    [
        ("magic", {}, "there is no kind of evaluator named 'magic'; the kinds are judge, regex"),
        ("regex", {}, "pattern: Field required"),
        ("regex", {"pattern": "(a"}, "pattern: Value error, this is no regular expression of RE2"),
        ("python", {"name": "absent"}, "no evaluator named 'absent' is installed"),
    ],
)
def test_what_cannot_be_built_says_why_once_and_judges_nothing(
    kind: str, options: dict[str, Any], reason: str, captured: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    with spanglass.span("root"):
        spanglass.evaluate(kind, options=options, output="x")
        spanglass.evaluate(kind, options=options, output="x")
        prepared = spanglass.evaluator(kind, options=options)
        spanglass.evaluate(prepared, output="x")
    assert scores(captured) == []
    assert caplog.text.count(reason) == 1


def test_outside_of_any_trace_somebody_has_to_say_which(
    captured: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    assert spanglass.evaluate("length", output="x") is False
    assert "an evaluation outside of any trace needs trace_id" in caplog.text
    assert scores(captured) == []


def test_a_session_can_be_judged(captured: Capture) -> None:
    seen: list[str] = []

    def politeness(target: EvaluationTarget) -> float:
        seen.append(target.session_id)
        return 1.0

    talk = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]
    assert spanglass.evaluate(politeness, messages=talk, session_id="s1")
    with spanglass.span("root") as root:
        spanglass.evaluate(politeness, messages=talk, session_id="s1", trace_id=root.trace_id)
    of_session, of_trace = scores(captured)
    assert (of_session["session_id"], "trace_id" in of_session) == ("s1", False)
    assert (of_trace["trace_id"], "session_id" in of_trace) == (root.trace_id, False)
    assert seen == ["s1", "s1"]


def test_a_share_that_is_none_is_told(captured: Capture, caplog: pytest.LogCaptureFixture) -> None:
    often: Any = "often"
    assert spanglass.evaluator("length", sample_rate=often).sample_rate == 1.0
    assert "sample_rate='often' is not between 0 and 1" in caplog.text


def test_odd_arguments_harm_nobody(captured: Capture) -> None:
    odd: Any = object()
    spanglass.evaluate("length", output=odd, documents=odd, trace_id="1")
    spanglass.evaluate(odd, output="x", trace_id="1")
    spanglass.evaluate("length", output={"a": odd}, messages=[None, 1, odd], metadata={1: odd}, trace_id="1")
    spanglass.evaluate("length", output="x", sample_rate="often", trace_id="1")  # type: ignore[arg-type]
    assert [score["name"] for score in scores(captured)] == ["length_ok"]


def test_comments_are_masked() -> None:
    with capture(mask=lambda text: text.replace("secret", "***")) as kept, spanglass.span("root"):
        spanglass.evaluate("regex", options={"pattern": "secret"}, output="a secret")
        assert spanglass.flush(FLUSH_S)
    assert "secret" not in kept.scores[0]["comment"]


def test_what_waits_is_a_trace_of_its_own_and_linked(captured: Capture) -> None:
    async def groundedness(target: EvaluationTarget) -> tuple[float, str]:
        with spanglass.span("look up"):
            await asyncio.sleep(0)
        return 0.9, "so"

    with spanglass.span("root") as root:
        spanglass.evaluate(groundedness, output="x")
    (score,) = scores(captured)
    span = captured.span("groundedness")
    assert (score["value"], score["trace_id"]) == (0.9, root.trace_id)
    assert score["metadata"]["judge_trace_id"] == span.trace_id != root.trace_id
    assert (span.kind, span.parent_span_id, span.feature) == ("evaluator", None, "groundedness")
    assert span.attributes[f"{semconv.TRACE_METADATA}.judged_trace_id"] == root.trace_id
    assert captured.span("look up").parent == span


def test_many_that_wait_do_so_together_but_not_all_at_once(
    captured: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_evaluations, "WAITING_MAX", 4)
    running: set[object] = set()
    most: list[int] = []

    async def slow(target: EvaluationTarget) -> float:
        me = object()
        running.add(me)
        most.append(len(running))
        await asyncio.sleep(0.01)
        running.discard(me)
        return 1.0

    for number in range(1, 21):
        spanglass.evaluate(slow, output="x", trace_id=f"{number:032x}")
    assert len(scores(captured)) == 20
    assert max(most) <= 4


def test_models_that_hang_do_not_stop_what_needs_none(
    captured: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_evaluations, "WAITING_MAX", 2)
    monkeypatch.setattr(_evaluations, "READY_MAX", 3)
    may_go_on = threading.Event()
    judged = threading.Event()

    async def hanging(target: EvaluationTarget) -> float:
        while not may_go_on.is_set():
            await asyncio.sleep(0.01)
        return 1.0

    for number in range(1, 11):
        spanglass.evaluate(hanging, output="x", trace_id=f"{number:032x}")
    spanglass.evaluate(lambda target: judged.set(), output="x", trace_id="1")
    assert judged.wait(60)
    may_go_on.set()
    assert len(scores(captured)) == 5
    assert "further ones of hanging are dropped" in caplog.text


def test_one_that_waits_for_too_long_is_given_up(
    captured: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_evaluations, "TIMEOUT_S", 0.05)

    async def endless(target: EvaluationTarget) -> float:
        await asyncio.Event().wait()
        return 1.0

    with spanglass.span("root"):
        spanglass.evaluate(endless, output="x")
    assert scores(captured) == []
    assert "the evaluator endless failed: TimeoutError" in caplog.text
    assert captured.span("endless").status == "error"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeJudge]:
    """A model that the environment names."""
    with FakeJudge() as judge:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-very-secret")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", judge.anthropic_url)
        monkeypatch.setenv("SPANGLASS_JUDGE_MODEL", "anthropic:claude-haiku-4-5")
        yield judge
        evaluations.close(FLUSH_S)


TONE: dict[str, Any] = {"options": {"rubric": "tone"}, "sample_rate": 1.0}


def test_a_judge_of_the_environment_is_asked_and_its_tokens_are_recorded(
    captured: Capture, fake: FakeJudge
) -> None:
    fake.quality = 1.0
    options = {"rubric": "answer_relevance"}
    prepared = spanglass.evaluator("judge", options=options, name="relevance judge", sample_rate=1.0)
    with spanglass.span("root") as root:
        assert spanglass.evaluate(prepared, input="How long?", output="Five days.")
    (score,) = scores(captured)
    assert (score["name"], score["value"], score["author"]) == ("answer_relevance", 1.0, "relevance judge")
    assert score["comment"]
    assert score["trace_id"] == root.trace_id
    call, above = captured.span("chat claude-haiku-4-5"), captured.span("relevance judge")
    assert (call.kind, call.parent, above.kind) == ("llm", above, "evaluator")
    assert call.usage["input"] > 0
    assert call.attributes[semconv.PROVIDER] == "anthropic"
    assert "Five days." in str(call.input)
    assert score["metadata"]["judge_trace_id"] == above.trace_id
    assert len(fake.calls) == 1


def test_a_judge_that_is_not_asked_leaves_no_trace(captured: Capture, fake: FakeJudge) -> None:
    with spanglass.span("root"):
        spanglass.evaluate("judge", options={"rubric": "correctness"}, input="Why?", sample_rate=1.0)
    assert scores(captured) == []
    assert (captured.tree(), len(fake.calls)) == ("root", 0)


def test_a_judge_that_fails_gives_no_score_and_tells_no_key(
    captured: Capture, fake: FakeJudge, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail_always("401")
    with spanglass.span("root"):
        spanglass.evaluate("judge", input="Why?", output="Five days.", **TONE)
    assert scores(captured) == []
    assert "the evaluator tone failed" in caplog.text
    assert captured.span("tone").status == "error"
    assert "very-secret" not in caplog.text + repr(captured.spans)


def test_texts_stay_out_of_the_judges_trace_where_nothing_is_captured(fake: FakeJudge) -> None:
    with capture(capture=False) as kept, spanglass.span("root"):
        spanglass.evaluate("judge", input="Why?", output="Five days.", **TONE)
        assert spanglass.flush(FLUSH_S)
    call = kept.span("chat claude-haiku-4-5")
    assert (call.input, call.output) == (None, None)
    assert len(kept.scores) == 1


def test_the_end_waits_a_bounded_time_and_says_what_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    own = Evaluations()
    may_go_on = threading.Event()

    def stuck(target: EvaluationTarget) -> float:
        may_go_on.wait(60)
        return 1.0

    with capture():
        given = _judged(stuck)
        assert own.put(given)
        assert own.put(given)
        with caplog.at_level(logging.WARNING, "spanglass"):
            own.close(0.05)
        may_go_on.set()
    assert "2 evaluations were not finished before the end" in caplog.text
    assert own.dropped == 2


def _judged(function: Any) -> Any:
    from spanglass._prepared import PreparedEvaluator

    facts = {"input": "", "output": "x", "reference": "", "metadata": {}, "messages": (), "documents": ()}
    return _evaluations.Judged(PreparedEvaluator(function), "1", "", "", 1.0, facts, None)


def run(program: str, **environment: str) -> str:
    """What a process of its own wrote."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    return done.stdout + done.stderr


def test_importing_the_sdk_imports_no_evaluators() -> None:
    heavy = ("spanglass.evaluators", "pydantic", "re2", "numpy", "rapidfuzz", "jsonschema_rs")
    program = (
        "import sys, spanglass; spanglass.evaluate; "
        f"print([name for name in sys.modules if name.startswith({heavy})])"
    )
    assert run(program).strip() == "[]"


def test_without_the_extra_it_says_what_to_install_once() -> None:
    program = """
import sys
for name in ("pydantic", "re2", "rapidfuzz"):
    sys.modules[name] = None
import spanglass
from spanglass.testing import capture
with capture() as kept, spanglass.span("root"):
    for _ in range(3):
        spanglass.evaluate("length", output="x")
    spanglass.evaluator("regex", options={"pattern": "a"})
    print(spanglass.flush(60), kept.scores)
"""
    told = run(program)
    assert "True []" in told
    assert told.count('it needs pip install "spanglass[evaluators]"') == 2  # once an evaluator


PROGRAM = """
import os, time
import spanglass

spanglass.init(service="rag-api")

async def slowly(target):
    import asyncio
    await asyncio.sleep(0.2)
    return 0.5

@spanglass.observe()
def answer():
    spanglass.evaluate("length", output=f"of {os.getpid()}")
    spanglass.evaluate(slowly, output="x")

answer()
if FORKS:
    spanglass.flush()
    child = os.fork()
    if child == 0:
        answer()
        spanglass.shutdown(30)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize("forks", [False, True])
def test_the_end_of_a_process_waits_and_a_forked_child_judges_too(forks: bool) -> None:
    collector = Collector()
    try:
        run(f"FORKS = {forks}\n{PROGRAM}", SPANGLASS_ENDPOINT=collector.url)
        names = sorted(score["name"] for score in collector.scores())
    finally:
        collector.close()
    assert names == sorted(["length_ok", "slowly"] * (2 if forks else 1))
