"""`v5_reads TRACE GENERATION`: reads a trace back with Langfuse's Python SDK 5.

It knows of traces by their observations alone.
"""

import json
import sys
from typing import Any

import journal
from langfuse import Langfuse

TRACE, GENERATION = sys.argv[1:]
langfuse = Langfuse()
api = langfuse.api
LONG_AGO, FAR_AHEAD = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics"


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


def read_pages() -> list[str]:
    names, cursor = [], None
    while True:
        page = api.observations.get_many(trace_id=TRACE, limit=4, cursor=cursor)
        names.extend(one.name for one in page.data)
        cursor = page.meta.cursor
        if not cursor:
            return names


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


observations = api.observations.get_many(trace_id=TRACE, fields=FIELDS).data
generations = api.observations.get_many(trace_id=TRACE, type="GENERATION").data
journal.report(
    project=api.projects.get().data[0].name,
    health=api.health.health().status,
    trace_url=langfuse.get_trace_url(trace_id=TRACE),
    observations={one.name: describe(one) for one in observations},
    lists={
        "page": read_pages(),
        "generations": sorted(one.name for one in generations),
        "session": sorted({one.trace_id for one in api.observations.get_many(session_id="session-3").data}),
        "nobody's": [one.id for one in api.observations.get_many(user_id="nobody").data],
        "scores": {score.name: score.value for score in api.scores.get_many(trace_id=TRACE).data},
    },
    metrics=read_metrics(),
)
