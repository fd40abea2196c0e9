"""The OTLP receivers over real sockets, before a store in memory that tests can break."""

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import Any, cast

import uvicorn
from tests.support.memory_samples import MemorySampleStore
from tests.support.memory_store import MemoryStore

from spanglass_server.app.server import _HttpServer, _listen
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, PipelineOptions
from spanglass_server.ingest.samples import CommitterOptions, SampleCommitter
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.sample_groups import DEFAULT_SAMPLE_LIMITS, SampleLimits
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.app import WebApp
from spanglass_server.web.health import Health
from spanglass_server.web.intake import Intake
from spanglass_server.web.metric_intake import MetricIntake
from spanglass_server.web.otlp import OtlpHttp, OtlpOptions, OtlpReceiver
from spanglass_server.web.otlp_grpc import OtlpGrpc
from spanglass_server.web.remote_write import RemoteWriteHttp
from spanglass_server.web.services import AuthMode, Services
from spanglass_server.web.static_site import StaticSite
from spanglass_server.wire.otlp import RecordLimits


class OtlpServer:
    """Serves until `close`; then everything accepted is answered."""

    def __init__(
        self,
        directory: Path,
        *,
        auth_mode: AuthMode = "off",
        queue_bytes_max: int = 8 << 20,
        body_bytes_max: int = 4 << 20,
        decompressed_bytes_max: int = 8 << 20,
        spans_per_request_max: int = 50_000,
        series_max: int = 1_000,
        sample_limits: SampleLimits = DEFAULT_SAMPLE_LIMITS,
        ack_timeout_s: float = 10.0,
        static_root: Path | None = None,
        with_grpc: bool = False,
    ) -> None:
        self.store = MemoryStore()
        self.directory = open_directory(f"sqlite:///{directory / 'metadata.db'}")
        self.directory.migrate()
        self.budget = QueueBudget(queue_bytes_max)
        counters = Counters()
        self.pipeline = IngestPipeline(
            self.store,
            PriceBook(with_catalog=False),
            budget=self.budget,
            counters=counters,
            clock=time.time_ns,
            is_only_writer=True,
            options=PipelineOptions(commit_interval_ms=5, limits=RecordLimits(records=spans_per_request_max)),
        )
        nothing = cast("Any", None)
        services = Services(
            reader=nothing,
            logs=nothing,
            scores=nothing,
            score_statistics=nothing,
            views=nothing,
            sessions=nothing,
            service_map=nothing,
            saved_views=nothing,
            public_links=nothing,
            aggregates=nothing,
            costs=nothing,
            call_statistics=nothing,
            signals=nothing,
            sql=nothing,
            dashboards=nothing,
            administration=nothing,
            directory=self.directory,
            library=nothing,
            experiments=nothing,
            series=nothing,
            metrics=nothing,
            ingest=self.pipeline,
            intake=Intake(
                ingest=self.pipeline,
                budget=self.budget,
                counters=counters,
                ack_timeout_s=ack_timeout_s,
            ),
            repricing=nothing,
            budgets=nothing,
            own_prices=nothing,
            prices=nothing,
            budget_meter=nothing,
            rules=nothing,
            notifications=nothing,
            reviews=nothing,
            evaluations=nothing,
            accounts=nothing,
            auth_mode=auth_mode,
            version="0",
            engine_name="memory",
            started_at_ns=time.time_ns(),
            now_ns=time.time_ns,
        )
        self.samples = MemorySampleStore()
        self.committer = SampleCommitter(
            self.samples,
            counters=counters,
            view_names={"llm_requests_total"},
            options=CommitterOptions(commit_interval_ms=5, series_max=series_max),
        )
        self._receiver = OtlpReceiver(
            services=services,
            metrics=MetricIntake(
                committer=self.committer,
                counters=counters,
                ack_timeout_s=ack_timeout_s,
                limits=sample_limits,
            ),
            budget=self.budget,
            counters=counters,
            options=OtlpOptions(
                body_bytes_max=body_bytes_max,
                decompressed_bytes_max=decompressed_bytes_max,
                ack_timeout_s=ack_timeout_s,
            ),
        )
        app = WebApp(
            otlp=OtlpHttp(self._receiver),
            health=Health(self._check),
            api=_no_api,
            langfuse=_no_api,
            prometheus=_no_api,
            remote_write=RemoteWriteHttp(self._receiver),
            exposition=_no_api,
            site=StaticSite(static_root or directory / "not-built"),
            host="127.0.0.1",
            checks_host=auth_mode == "off",
        )
        self._listener: socket.socket = _listen("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.grpc_port = 0
        self._with_grpc = with_grpc
        started = threading.Event()
        config = uvicorn.Config(app, lifespan="off", http="httptools", ws="none", log_config=None)
        self._http = _HttpServer(config, on_started=started.set)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self.pipeline.start()
        self.committer.start()
        self._thread.start()
        assert started.wait(10)

    def close(self) -> None:
        self._http.should_exit = True
        self._thread.join(20)
        self.pipeline.stop()
        self.committer.stop()
        self.directory.close()
        self._listener.close()

    def count(self, word: str) -> int:
        return self.pipeline.counters()[word]

    async def _serve(self) -> None:
        grpc = OtlpGrpc(self._receiver)
        if self._with_grpc:
            self.grpc_port = await grpc.start("127.0.0.1", 0)
        await self._http.serve(sockets=[self._listener])
        await grpc.stop(1)

    def _check(self) -> None:
        if self.store.failure is not None:
            raise self.store.failure


async def _no_api(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})
