"""A server's API with a library of its own, and experiments as SDKs record them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits


class DatasetApi:
    def __init__(self, api: JsonApi) -> None:
        self.api = api
        self.get = api.get

    def call(self, method: str, path: str, status: int = 200, body: Any = None, **query: Any) -> Any:
        content = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        answer = self.api.client.request(
            method, f"/api/v1{path}", params={"project": self.api.project.name, **query}, **content
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def post(self, path: str, body: Any, status: int = 200, **query: Any) -> Any:
        return self.call("POST", path, status, body, **query)

    def make(self, name: str, *inputs: Any, **fields: Any) -> dict[str, Any]:
        """A dataset with items i0, i1 ... of these inputs."""
        made: dict[str, Any] = self.post("/datasets", {"name": name, **fields}, status=201)
        items = [{"id": f"i{n}", "input": given} for n, given in enumerate(inputs)]
        if items:
            self.post(f"/datasets/{name}/items", {"items": items})
        return made

    def run(
        self,
        experiment: str,
        outputs: dict[str, str],
        *,
        dataset_id: str = "",
        at_s: int = 0,
        seconds: float = 1,
        failed: str = "",
        **told: str,
    ) -> dict[str, str]:
        """An experiment told by spans, an item a trace; the trace of each item."""
        traces = {}
        for position, (item_id, output) in enumerate(outputs.items()):
            start_ns = EPOCH_NS + (at_s + position) * SECOND_NS
            span = self._span(experiment, item_id, output, dataset_id, start_ns, told)
            span = span._replace(end_time_ns=start_ns + int(seconds * SECOND_NS))
            if item_id == failed:
                span = span._replace(status="error", error_message="it broke")
            call = self.api.factory.call(
                trace_id=span.trace_id, parent_span_id=span.span_id, start_time_ns=start_ns, cost_usd=0.25
            )
            self.api.store([span, call])
            traces[item_id] = span.trace_id
        return traces

    def score(self, trace_id: str, value: Any, name: str = "correct", **fields: Any) -> None:
        body = {"name": name, "value": value, "trace_id": trace_id, **fields}
        self.post("/scores", body)

    def _span(
        self, experiment: str, item_id: str, output: str, dataset_id: str, start_ns: int, told: dict[str, str]
    ) -> Span:
        span = self.api.factory.span(name="item", kind="chain", start_time_ns=start_ns)
        attributes = {
            "langfuse.experiment.id": experiment,
            "langfuse.experiment.name": f"the {experiment}",
            "langfuse.experiment.dataset.id": dataset_id,
            "langfuse.experiment.item.id": item_id,
            "langfuse.experiment.item.root_observation_id": span.span_id,
            "langfuse.experiment.item.expected_output": '{"a":1}',
            "langfuse.experiment.metadata": '{"model":"small"}',
            **told,
        }
        return span._replace(
            attributes=json.dumps(attributes),
            attribute_index=attributes,
            input=f"question {item_id}",
            output=output,
            input_key="spanglass.input",
            output_key="spanglass.output",
        )


@contextmanager
def open_dataset_api(engine: Engine, directory_path: Path, project: str) -> Iterator[DatasetApi]:
    url = f"sqlite:///{directory_path / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    times = iter(range(NOW_NS, NOW_NS + 10**12, 1_000))
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: next(times), limits=limits)
    api = JsonApi(engine, directory, project, library=library)
    yield DatasetApi(api)
    api.close()
    library.close()
    directory.close()
