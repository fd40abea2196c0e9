"""Asks a running server, over Prometheus' HTTP API, which series it has."""

import json
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import urlencode

from spanglass_server.base.errors import Misconfigured, StorageUnavailable
from spanglass_server.cli.probe import request
from spanglass_server.model.series import Labels, MetricMetadata, MetricType, labels_of

_TIMEOUT_S: Final = 30.0
_SELECTOR: Final = '{__name__=~".+",__name__!~"(llm|spanglass)_.*"}'
"""What is built in is known without asking."""
_SERIES_MAX: Final = 100_000


class Fetched(NamedTuple):
    series: list[Labels]
    metadata: list[MetricMetadata]
    is_complete: bool
    """There are no more series than were asked for."""


def fetch_series(url: str, project: str, *, secret_key: str) -> Fetched:
    """Of the last day. Raises StorageUnavailable where nobody answers, Misconfigured where it refuses."""
    api = f"{url.rstrip('/')}/prometheus/api/v1"
    common = {"project": project} if project else {}
    headers = {"Authorization": f"Bearer {secret_key}"} if secret_key else {}
    day: dict[str, Any] = {"match[]": _SELECTOR, "limit": _SERIES_MAX}
    series = _get(f"{api}/series?{urlencode(day | common)}", headers)
    metadata = _get(f"{api}/metadata?{urlencode(common)}", headers)
    return Fetched(
        series=[labels_of(pairs) for pairs in series],
        metadata=[
            MetricMetadata(name, kind, entry["help"], entry["unit"])
            for name, entries in metadata.items()
            for entry in entries
            if (kind := entry["type"]) in get_args(MetricType)
        ],
        is_complete=len(series) < _SERIES_MAX,
    )


def _get(url: str, headers: dict[str, str]) -> Any:
    answer = request(url, headers=headers, timeout_s=_TIMEOUT_S)
    place = url.split("/prometheus/")[0]
    if answer is None:
        raise StorageUnavailable(f"no server answers at {place}", hint="check --url")
    if answer.status != 200:
        hint = "give a key of the project with --api-key" if answer.status in (401, 403) else ""
        reason = answer.field("error")
        raise Misconfigured(f"the server at {place} answered {answer.status}: {reason}", hint=hint)
    return json.loads(answer.body)["data"]
