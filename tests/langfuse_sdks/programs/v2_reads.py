"""`v2_reads TRACE GENERATION`: reads back what v2_client.py made, with Langfuse's Python SDK 2."""

import sys
from typing import Any

import journal
from langfuse import Langfuse

TRACE, GENERATION = sys.argv[1:]
langfuse = Langfuse()


def describe(observation: Any) -> dict[str, Any]:
    return {
        "id": observation.id,
        "type": observation.type,
        "level": observation.level,
        "status_message": observation.status_message,
        "parent": observation.parent_observation_id,
        "input": observation.input,
        "output": observation.output,
        "metadata": observation.metadata,
        "model": observation.model,
        "parameters": observation.model_parameters,
        "usage": observation.usage_details,
        "start": observation.start_time.isoformat(),
        "end": observation.end_time and observation.end_time.isoformat(),
    }


def read_trace() -> dict[str, Any]:
    trace = langfuse.fetch_trace(TRACE).data
    return {
        "name": trace.name,
        "user": trace.user_id,
        "session": trace.session_id,
        "tags": trace.tags,
        "metadata": trace.metadata,
        "version": trace.version,
        "release": trace.release,
        "input": trace.input,
        "output": trace.output,
        "start": trace.timestamp.isoformat(),
        "latency_s": trace.latency,
        "observations": sorted(one.name for one in trace.observations),
        "scores": {score.name: score.value for score in trace.scores},
    }


def read_lists() -> dict[str, Any]:
    traces = langfuse.fetch_traces(user_id="grace", session_id="cart-9", tags=["shop"])
    daily = langfuse.client.metrics.daily(user_id="grace").data
    return {
        "traces": [one.id for one in traces.data],
        "total": traces.meta.total_items,
        "nobody's": [one.id for one in langfuse.fetch_traces(name="nobody made this").data],
        "generations": [
            one.name for one in langfuse.fetch_observations(trace_id=TRACE, type="GENERATION").data
        ],
        "sessions": [one.id for one in langfuse.fetch_sessions().data],
        "session": [one.id for one in langfuse.client.sessions.get("cart-9").traces],
        "daily": [
            {
                "traces": day.count_traces,
                "observations": day.count_observations,
                "models": {one.model: [one.input_usage, one.output_usage] for one in day.usage},
            }
            for day in daily
        ],
    }


def read_score() -> dict[str, Any]:
    score = langfuse.client.score.get_by_id("satisfaction-1")
    return {"name": score.name, "value": score.value, "type": score.data_type, "comment": score.comment}


observations = langfuse.fetch_observations(trace_id=TRACE).data
journal.report(
    trace=read_trace(),
    observations={one.name: describe(one) for one in observations},
    generation=describe(langfuse.fetch_observation(GENERATION).data),
    lists=read_lists(),
    score=read_score(),
)
