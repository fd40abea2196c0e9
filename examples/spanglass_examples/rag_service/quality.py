"""What the demo has judged: a connection to the imitated judge, evaluators, a queue, a dataset.

Made once by the JSON API; what is there already, and perhaps changed by a person, stays.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx2

_CONNECTION: Final = "demo"
_TIMEOUT_S: Final = 30.0
_EVALUATORS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "faithful to the handbook",
        "kind": "judge",
        "options": {"rubric": "faithfulness", "connection": _CONNECTION},
        "filter": "feature:handbook-search",
        "sampling_rate": 0.2,
    },
    {
        "name": "answers the question",
        "kind": "judge",
        "options": {"rubric": "answer_relevance", "connection": _CONNECTION},
        "filter": "feature:support-chat",
        "sampling_rate": 0.2,
    },
    {"name": "does not refuse", "kind": "refusal", "options": {"count_no_answers": True}},
    {"name": "cites what it found", "kind": "citations", "filter": "feature:handbook-search"},
)
_HISTORY_RUN: Final = "faithful to the handbook"
_QUEUE: Final = {
    "name": "Answers that leave the handbook",
    "description": "Answers whose words the retrieved documents hardly hold.",
    "instructions": "Read the documents first. Does the answer say anything that they do not?",
    "reviewers_wanted": 2,
}
_QUEUE_FILTER: Final = "scores.groundedness<0.8"
_QUEUE_SCORE: Final = {
    "name": "correct",
    "data_type": "boolean",
    "better": "higher",
    "description": "Whether the answer is right.",
}


def set_up_quality(
    endpoint: str, headers: Mapping[str, str], *, judge_url: str, history_hours: float
) -> None:
    """Raises httpx2.HTTPError where the server does not take it, as for a key that may not."""
    with httpx2.Client(
        base_url=f"{endpoint}/api/v1", headers=dict(headers), timeout=_TIMEOUT_S, trust_env=False
    ) as api:
        # The judge's port is another one at each start.
        connection = {"provider": "anthropic", "base_url": judge_url, "api_key": "demo"}
        _send(
            api.put, f"/judge-connections/{_CONNECTION}", connection | {"default_model": "claude-haiku-4-5"}
        )
        _make_evaluators(api, history_hours)
        _make_queue(api)


def _make_evaluators(api: httpx2.Client, history_hours: float) -> None:
    there = {item["name"] for item in api.get("/evaluators").raise_for_status().json()["items"]}
    for evaluator in _EVALUATORS:
        if evaluator["name"] in there:
            continue
        made = _send(api.post, "/evaluators", evaluator)
        if evaluator["name"] == _HISTORY_RUN and history_hours > 0:
            _send(api.post, f"/evaluators/{made['id']}/runs", {"from": f"now-{history_hours:g}h"})


def _make_queue(api: httpx2.Client) -> None:
    if api.get("/queues").raise_for_status().json()["items"]:
        return
    config = _send(api.post, "/score-configs", _QUEUE_SCORE)
    queue = _send(api.post, "/queues", _QUEUE | {"config_ids": [config["id"]]})
    _send(api.post, f"/queues/{queue['id']}/fill", {"filter": _QUEUE_FILTER, "limit": 25})


def _send(method: Callable[..., httpx2.Response], path: str, body: Mapping[str, Any]) -> Any:
    return method(path, json=body).raise_for_status().json()
