"""Single bad answers told to a real Slack webhook on loopback, over real databases, with a clock that is
told when to move."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.definitions import SteppingClock, a_definition
from tests.support.http_receiver import HttpReceiver, Reply

from spanglass.evaluators import EvaluationTarget
from spanglass_server.app.notifications import build_notifications
from spanglass_server.app.settings import Settings
from spanglass_server.model.evaluation import EvaluatorDefinition, LowScoreNotice
from spanglass_server.model.score import Score
from spanglass_server.notify.context import NoContext
from spanglass_server.quality.notices import LowScoreNotices
from spanglass_server.store.metadata.alerting import open_notifications
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.evaluators import open_evaluator_store
from spanglass_server.store.ports import OpenTrace, ScoreQuery
from spanglass_server.wire.scores import ScoreRecord

CONFIG = """
route: {{receiver: team}}
receivers:
- name: team
  slack_configs: [{{api_url: '{url}/services/T/B/S3CRET'}}]
"""
NOTICE = LowScoreNotice(threshold=0.5, receiver="team", interval_s=3600.0)
MINUTE_S = 60.0


class StoredScores:
    """What live evaluation stored, as far as notices read it."""

    def __init__(self) -> None:
        self.scores: list[Score] = []

    def list_scores(
        self, project_id: str, query: ScoreQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Score]:
        return [
            score
            for score in self.scores
            if query.during.from_ns <= score.time_ns < query.during.to_ns and score.author in query.authors
        ][:limit]


class StoredTraces:
    def open_trace(self, project_id: str, trace_id: str, *, payloads: bool) -> OpenTrace | None:
        trace: Mapping[str, Any] = {"input_preview": f"Stored question of {trace_id}", "feature": "search"}
        return OpenTrace(trace, [], [])


class Story:
    def __init__(self, directory: Path, slack: HttpReceiver, clock: SteppingClock) -> None:
        given: dict[str, Any] = {"data_dir": directory, "notify_private_targets": True}
        settings = Settings(**given)
        projects = open_directory(settings.metadata_url)
        projects.migrate()
        projects.close()
        self.store = open_evaluator_store(settings.metadata_url)
        self.attempts = open_notifications(settings.metadata_url)
        self.office = build_notifications(
            settings, self.attempts, NoContext(), clock=clock, external_url="http://spanglass.example"
        ).office
        self.office.put_config("default", CONFIG.format(url=slack.url))
        self.scores = StoredScores()
        self.slack, self.clock = slack, clock
        self.is_leading = True
        self.definition = a_definition(notice=NOTICE)
        self.store.put_evaluator(self.definition)
        self.notices = self.start()

    def start(self) -> LowScoreNotices:
        """A server that begins, or goes on."""
        self.notices = LowScoreNotices(
            self.store,
            self.scores,  # type: ignore[arg-type]  # as far as they are read
            StoredTraces(),  # type: ignore[arg-type]
            self.office,
            external_url="http://spanglass.example/",
            project_name=lambda project_id: project_id,
            is_leading=lambda: self.is_leading,
            clock=self.clock,
        )
        return self.notices

    def judge(self, number: int, quality: float, *, question: str = "", reason: str = "It is wrong.") -> None:
        """An answer is scored, and somebody looks."""
        trace_id = f"{number:032x}"
        target = EvaluationTarget(
            trace_id=trace_id, input=question or f"Question {number}", output="…", feature="search"
        )
        self.notices.consider(self.definition, target, [_record(self.definition, trace_id, quality, reason)])
        self.notices.look()

    @property
    def messages(self) -> list[str]:
        return [str(request.json) for request in self.slack.requests]

    def close(self) -> None:
        self.store.close()
        self.attempts.close()


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def story(tmp_path: Path, slack: HttpReceiver) -> Iterator[Story]:
    made = Story(tmp_path, slack, SteppingClock())
    yield made
    made.close()


def test_one_bad_answer_is_one_message_at_once(story: Story) -> None:
    question = "Why " + "very " * 40 + "late?"
    story.judge(1, 0.9)
    story.judge(2, 0.2, question=question, reason="It names no reason.")
    (message,) = story.messages
    assert "relevant: a bad answer in search, answer_relevance 0.20" in message
    assert "“Why very" in message
    assert question[:99] in message
    assert question[:101] not in message
    assert "It names no reason." in message
    assert f"http://spanglass.example/traces/{2:032x}?project=default" in message
    assert "/evaluators/e1?project=default" in message
    (attempt,) = story.office.list_attempts("default", receiver="team", limit=10, before_ms=2**53)
    assert not attempt.error
    assert "S3CRET" not in message


def test_a_bad_hour_is_two_messages(story: Story) -> None:
    for number in range(1, 201):
        story.judge(number, 0.1 if number == 77 else 0.3)
        story.clock.advance_s(17)
    assert len(story.messages) == 1
    story.clock.advance_s(10 * MINUTE_S)
    story.notices.look()
    first, second = story.messages
    assert "a bad answer" in first
    assert "relevant: 199 more answers below 0.5 in the last hour, the worst 0.10" in second
    assert "“Question 77”" in second
    for _ in range(10):
        story.clock.advance_s(3600)
        story.notices.look()
    assert len(story.messages) == 2


def test_what_comes_after_a_quiet_hour_is_told_at_once_again(story: Story) -> None:
    story.judge(1, 0.2)
    story.clock.advance_s(2 * 3600)
    story.judge(2, 0.3)
    assert len(story.messages) == 2
    assert "a bad answer" in story.messages[1]


def test_what_a_question_says_forges_no_links_and_mentions_nobody(story: Story) -> None:
    story.judge(1, 0.2, question="<!channel> <http://evil.example|click>\n\n*really*", reason="<@U123> &c")
    (message,) = story.messages
    assert "<!channel>" not in message
    assert "<http://evil.example" not in message
    assert "<@U123>" not in message
    assert "&lt;!channel&gt; &lt;http://evil.example|click&gt; *really*" in message


def test_a_server_that_goes_on_keeps_the_interval_and_tells_what_nobody_was_told(story: Story) -> None:
    story.judge(1, 0.2)
    story.clock.advance_s(20 * MINUTE_S)
    for number in (2, 3):
        story.scores.scores.append(_stored(story, f"{number:032x}", 0.3))
    story.scores.scores.append(_stored(story, f"{4:032x}", 0.8))
    story.start()
    story.notices.look()
    story.judge(3, 0.3)
    assert len(story.messages) == 1
    story.clock.advance_s(45 * MINUTE_S)
    story.notices.look()
    assert "2 more answers below 0.5" in story.messages[1]
    assert f"Stored question of {2:032x}" in story.messages[1]


def test_a_receiver_that_is_down_is_tried_again(story: Story) -> None:
    story.slack.reply = lambda _request: Reply(503, b"later")
    story.judge(1, 0.2)
    assert len(story.messages) == 1
    story.notices.look()
    assert len(story.messages) == 1
    story.slack.reply = lambda _request: Reply()
    story.clock.advance_s(6)
    story.notices.look()
    assert len(story.messages) == 2
    story.judge(2, 0.2)
    assert len(story.messages) == 2
    assert story.notices.counters()["low_score_notices_sent"] == 1


def test_only_the_server_that_evaluates_tells(story: Story) -> None:
    story.is_leading = False
    story.judge(1, 0.2)
    assert story.messages == []


@pytest.mark.parametrize("change", ["paused", "deleted", "no notice", "no receiver"])
def test_nobody_is_told_of_an_evaluator_that_shall_tell_no_more(story: Story, change: str) -> None:
    if change == "deleted":
        story.store.delete_evaluator("default", "e1")
    elif change == "no receiver":
        story.office.delete_config("default")
    else:
        is_enabled = change != "paused"
        notice = None if change == "no notice" else NOTICE
        story.store.put_evaluator(story.definition._replace(is_enabled=is_enabled, notice=notice))
    story.judge(1, 0.2)
    story.clock.advance_s(7200)
    story.notices.look()
    assert story.messages == []


def test_a_receiver_is_told_no_more_often_than_it_may(story: Story) -> None:
    story.office.put_config("default", CONFIG.format(url=story.slack.url) + "  messages_per_minute: 2\n")
    others = [story.definition._replace(id=f"o{n}", name=f"other {n}") for n in range(4)]
    for number, other in enumerate(others):
        story.store.put_evaluator(other)
        trace_id = f"{number + 1:032x}"
        target = EvaluationTarget(trace_id=trace_id, input="Why?")
        story.notices.consider(other, target, [_record(other, trace_id, 0.1, "")])
    story.notices.look()
    assert len(story.messages) == 2
    story.clock.advance_s(61)
    story.notices.look()
    assert len(story.messages) == 4


def _record(definition: EvaluatorDefinition, trace_id: str, quality: float, reason: str) -> ScoreRecord:
    return ScoreRecord(
        score_id=trace_id,
        name="answer_relevance",
        value=quality,
        data_type="numeric",
        trace_id=trace_id,
        span_id="",
        session_id="",
        dataset_run_id="",
        time_ns=None,
        source="evaluator",
        comment=reason,
        author=definition.name,
        config_id="",
        queue_id="",
        environment="",
        metadata={},
        quality=quality,
        evaluator_id=definition.id,
        evaluator_version=definition.version,
    )


def _stored(story: Story, trace_id: str, quality: float) -> Score:
    record = _record(story.definition, trace_id, quality, "Stored reason.")
    given: dict[str, Any] = {name: value for name, value in record._asdict().items() if name in Score._fields}
    rest = {"project_id": "default", "time_ns": story.clock(), "string_value": "", "metadata": "{}"}
    blank = {"created_at_ns": 0, "is_deleted": False, "version": 0}
    return Score(**{**given, **rest, **blank})
