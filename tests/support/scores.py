"""Scores for tests."""

from typing import Any

from tests.support.spans import EPOCH_NS

from spanglass_server.model.score import Score


def make_score(project_id: str, score_id: str, **fields: Any) -> Score:
    """A numeric score of trace `t1`, given at EPOCH_NS, but for `fields`."""
    score = Score(
        project_id=project_id,
        score_id=score_id,
        name="quality",
        time_ns=EPOCH_NS,
        trace_id="t1",
        span_id="",
        session_id="",
        dataset_run_id="",
        data_type="numeric",
        value=0.5,
        string_value="",
        source="api",
        comment="",
        author="",
        config_id="",
        queue_id="",
        environment="",
        metadata="{}",
        quality=0.5,
        sampling_rate=1.0,
        evaluator_id="",
        evaluator_version=0,
        is_public=False,
        created_at_ns=EPOCH_NS,
        is_deleted=False,
        version=1,
    )
    return score._replace(**fields)
