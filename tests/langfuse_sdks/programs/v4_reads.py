"""`v4_reads TRACE GENERATION`: reads a trace back with Langfuse's Python SDK 4."""

import json
import sys
from typing import Any

import journal
from langfuse import Langfuse

TRACE, GENERATION = sys.argv[1:]
langfuse = Langfuse()
api = langfuse.api
LONG_AGO, FAR_AHEAD = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


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
        "cost": observation.cost_details,
        "start": observation.start_time.isoformat(),
        "end": observation.end_time and observation.end_time.isoformat(),
    }


def read_trace() -> dict[str, Any]:
    trace = api.trace.get(TRACE)
    return {
        "name": trace.name,
        "user": trace.user_id,
        "session": trace.session_id,
        "tags": trace.tags,
        "metadata": trace.metadata,
        "version": trace.version,
        "release": trace.release,
        "environment": trace.environment,
        "input": trace.input,
        "output": trace.output,
        "start": trace.timestamp.isoformat(),
        "latency_s": trace.latency,
        "cost": trace.total_cost,
        "observations": sorted(one.name for one in trace.observations),
        "scores": {score.name: score.value for score in trace.scores},
    }


def read_lists() -> dict[str, Any]:
    traces = api.trace.list(user_id="ada", tags=["support"], session_id="session-3", limit=10)
    return {
        "traces": [one.id for one in traces.data],
        "total": traces.meta.total_items,
        "nobody's": [one.id for one in api.trace.list(user_id="nobody").data],
        "sessions": [one.id for one in api.sessions.list().data],
        "session": [one.id for one in api.sessions.get("session-3").traces],
        "generations": sorted(
            one.name for one in api.legacy.observations_v1.get_many(trace_id=TRACE, type="GENERATION").data
        ),
        "page": [
            one.name
            for page in (1, 2)
            for one in api.legacy.observations_v1.get_many(trace_id=TRACE, page=page, limit=5).data
        ],
        "scores": {score.name: score.value for score in api.scores.get_many(trace_id=TRACE).data},
    }


def read_new_observations() -> dict[str, Any]:
    found = api.observations.get_many(trace_id=TRACE, fields="core,basic,io,usage,model,metadata")
    return {
        one.name: {"type": one.type, "input": one.input, "usage": one.usage_details} for one in found.data
    }


def read_metrics() -> list[dict[str, Any]]:
    query = {
        "view": "observations",
        "metrics": [
            {"measure": "count", "aggregation": "count"},
            {"measure": "totalTokens", "aggregation": "sum"},
        ],
        "dimensions": [{"field": "providedModelName"}],
        "filters": [{"column": "type", "operator": "=", "value": "GENERATION", "type": "string"}],
        "fromTimestamp": LONG_AGO,
        "toTimestamp": FAR_AHEAD,
    }
    return api.metrics.metrics(query=json.dumps(query)).data


observations = api.legacy.observations_v1.get_many(trace_id=TRACE).data
journal.report(
    project=api.projects.get().data[0].name,
    health=api.health.health().status,
    trace_url=langfuse.get_trace_url(trace_id=TRACE),
    trace=read_trace(),
    observations={one.name: describe(one) for one in observations},
    generation=describe(api.legacy.observations_v1.get(GENERATION)),
    lists=read_lists(),
    metrics=read_metrics(),
    new_observations=read_new_observations(),
    new_scores={score.name: score.value for score in api.scores_v3.get_many_v3(trace_id=TRACE).data},
)
