"""What Grafana and other clients ask a Prometheus about itself."""

import platform
from typing import Final

import orjson

from spanglass_server.web.prometheus.endpoint import Answer, Asked
from spanglass_server.web.prometheus.values import rfc3339_text

_SPOKEN: Final = "3.5.0"
"""The Prometheus whose API and PromQL this is. Grafana switches features on by it."""


def build_info(asked: Asked) -> Answer:
    """Without `features`: Grafana would take the server for a Mimir."""
    return _answer(
        {
            "version": _SPOKEN,
            "revision": f"spanglass-{asked.services.version}",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        }
    )


def runtime_info(asked: Asked) -> Answer:
    return _answer(
        {
            "startTime": rfc3339_text(asked.services.started_at_ns // 1_000_000),
            "CWD": "",
            "hostname": "",
            "serverTime": rfc3339_text(asked.now_ms),
            "reloadConfigSuccess": True,
            "lastConfigTime": rfc3339_text(asked.services.started_at_ns // 1_000_000),
            "corruptionCount": 0,
            "goroutineCount": 0,
            "GOMAXPROCS": 0,
            "GOMEMLIMIT": 0,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": "",
            "runtime": f"Python {platform.python_version()}",
        }
    )


def flags(asked: Asked) -> Answer:
    """The settings of queries, under the names of Prometheus' own flags."""
    limits = asked.services.metrics.limits
    return _answer(
        {
            "query.lookback-delta": "5m",
            "query.max-samples": str(limits.samples_max),
            "query.timeout": f"{limits.timeout_s:g}s",
            "web.enable-remote-write-receiver": "true",
            "enable-feature": "exemplar-storage",
        }
    )


def config(asked: Asked) -> Answer:
    """Nothing is scraped; rules have their own endpoints."""
    return _answer({"yaml": "global:\n  evaluation_interval: 1m\n"})


def tsdb(asked: Asked) -> Answer:
    """Series are not counted for it: label queries tell what there is."""
    head = {"numSeries": 0, "numLabelPairs": 0, "chunkCount": 0, "minTime": 0, "maxTime": asked.now_ms}
    empty: dict[str, object] = {
        name: []
        for name in (
            "seriesCountByMetricName",
            "labelValueCountByLabelName",
            "memoryInBytesByLabelName",
            "seriesCountByLabelValuePair",
        )
    }
    return _answer({"headStats": head, **empty})


def targets(asked: Asked) -> Answer:
    """None: telemetry is sent here, not scraped."""
    return _answer({"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {}})


def target_metadata(asked: Asked) -> Answer:
    return _answer([])


def alertmanagers(asked: Asked) -> Answer:
    return _answer({"activeAlertmanagers": [], "droppedAlertmanagers": []})


def _answer(data: object) -> Answer:
    return Answer(data=orjson.dumps(data))
