"""The running server: everything built from settings, started in order, stopped in reverse."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Final

import structlog
import uvicorn

from spanglass_server.app.accounts import build_accounts, build_oidc
from spanglass_server.app.alert_context import StoredContext
from spanglass_server.app.budgets import keep_budgets
from spanglass_server.app.evaluations import build_evaluations
from spanglass_server.app.judging import build_judging
from spanglass_server.app.logs import configure_logs
from spanglass_server.app.notifications import Notifications, build_notifications
from spanglass_server.app.own_metrics import keep_own_metrics
from spanglass_server.app.redaction import build_redaction, keep_redactions_counted
from spanglass_server.app.retention import keep_audit_log, keep_retention
from spanglass_server.app.rules import Rules, build_rules
from spanglass_server.app.score_places import keep_scores_placed
from spanglass_server.app.settings import Settings, is_loopback
from spanglass_server.app.storage import (
    ForgettingAdministration,
    Stores,
    load_prices,
    open_stores,
    view_names,
)
from spanglass_server.base.clock import now_ns
from spanglass_server.base.errors import Misconfigured
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, PipelineOptions
from spanglass_server.ingest.project_prices import ProjectPrices
from spanglass_server.ingest.redaction import Redaction
from spanglass_server.ingest.reprice import Repricer
from spanglass_server.ingest.samples import CommitterOptions, SampleCommitter
from spanglass_server.ingest.score_places import ScorePlacer
from spanglass_server.metrics.runner import QueryLimits, QueryRunner
from spanglass_server.normalize.prices import Prices
from spanglass_server.normalize.sample_groups import SampleLimits
from spanglass_server.rules.budgets_gauges import BudgetGauges
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.web.app import STATIC_ROOT, WebApp, build_api, build_langfuse, build_prometheus_api
from spanglass_server.web.audit import AuditTrail
from spanglass_server.web.compression import Gzip
from spanglass_server.web.exposition import Exposition
from spanglass_server.web.feedback import FeedbackDoor
from spanglass_server.web.health import Health
from spanglass_server.web.intake import Intake
from spanglass_server.web.metric_intake import MetricIntake
from spanglass_server.web.otlp import OtlpHttp, OtlpOptions, OtlpReceiver
from spanglass_server.web.otlp_grpc import OtlpGrpc
from spanglass_server.web.remote_write import RemoteWriteHttp
from spanglass_server.web.services import Services
from spanglass_server.web.static_site import StaticSite
from spanglass_server.wire.otlp import RecordLimits

_SWITCH_INTERVAL_S: Final = 0.001
"""The event loop shares the interpreter with the thread that decodes; it must not wait 5 ms for each turn."""
_GC_THRESHOLDS: Final = (200_000, 20, 50)
"""Spans are tuples by the ten thousand, none in cycles: looking after every 700 costs a tenth of ingest, and
after every 50,000, while most of a commit still lives, 3 us a span."""
_BACKLOG: Final = 2048
_STOP_GRACE_S: Final = 10.0

OnReady = Callable[[str, str], None]
"""Told the URL once the server takes and answers requests; and the link for its first person, where it needs
one."""


def run_server(settings: Settings, *, on_ready: OnReady) -> None:
    """Serve until SIGTERM or SIGINT. Raises Misconfigured where it cannot start."""
    configure_logs(settings.log_level, settings.log_format)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.set_threshold(*_GC_THRESHOLDS)
    listener = _listen(settings.host, settings.port)
    with contextlib.closing(listener):
        stores = open_stores(settings, now_ns)
        with contextlib.closing(stores):
            _run(_Server(settings, stores, listener, on_ready))


def _run(server: "_Server") -> None:
    if sys.platform == "win32":
        asyncio.run(server.run())
    else:
        import uvloop

        uvloop.run(server.run())


class _Server:
    def __init__(
        self, settings: Settings, stores: Stores, listener: socket.socket, on_ready: OnReady
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._listener = listener
        self._on_ready = on_ready
        self._log = structlog.get_logger("spanglass.server")
        self._budget = QueueBudget(settings.queue_bytes_max)
        self._counters = Counters()
        self._prices = load_prices(settings.price_file)
        self._project_prices = ProjectPrices(self._prices, stores.own_prices.list)
        self._redaction = build_redaction(settings, stores, now_ns)
        self._pipeline = _build_pipeline(
            settings, stores, self._project_prices, self._budget, self._counters, redaction=self._redaction
        )
        self._committer = _build_committer(settings, stores, self._counters, self._redaction)
        self._metrics = QueryRunner(stores.series, limits=_query_limits(settings))
        self._notifications = self._build_notifications()
        self._judging = build_judging(
            settings,
            stores,
            pipeline=self._pipeline,
            queue=self._budget,
            prices=self._prices,
            office=self._notifications.office,
            external_url=self._external_url(),
            project_name=self._project_name,
            is_leading=lambda: self._evaluations.runner.is_leading,
            clock=now_ns,
        )
        self._evaluations = build_evaluations(
            settings,
            stores,
            self._judging.judging,
            pipeline=self._pipeline,
            queue=self._budget,
            on_scored=self._judging.notices.consider,
            clock=now_ns,
        )
        self._rules = self._build_rules()
        self._services = self._build_services()
        self._receiver = self._build_receiver()

    async def run(self) -> None:
        self._pipeline.start()
        self._committer.start()
        self._rules.manager.start()
        self._evaluations.runner.start()
        self._judging.notices.start()
        try:
            await self._serve()
        finally:
            # The threads may wait for the engine; the loop has nothing else to do.
            await asyncio.to_thread(self._rules.manager.stop)
            await asyncio.to_thread(self._evaluations.stop)
            await asyncio.to_thread(self._judging.close)
            await asyncio.to_thread(self._pipeline.stop)
            await asyncio.to_thread(self._committer.stop)
            await asyncio.to_thread(self._redaction.flush)
            self._log.info("server_stopped")

    async def _serve(self) -> None:
        grpc = OtlpGrpc(self._receiver)
        if self._settings.grpc_port:
            await grpc.start(self._settings.host, self._settings.grpc_port)
        retention = asyncio.create_task(
            keep_retention(
                self._stores.directory, self._services.administration, self._stores.library.media, now_ns
            )
        )
        audit = asyncio.create_task(
            keep_audit_log(self._stores.audit, now_ns, days=self._settings.audit_retention_days)
        )
        own_metrics = asyncio.create_task(
            keep_own_metrics(
                self._own_counters,
                self._stores.samples,
                now_ns,
                instance=f"{socket.gethostname()}:{self._listener.getsockname()[1]}",
            )
        )
        budgets = asyncio.create_task(
            keep_budgets(
                self._stores.budgets,
                self._services.budget_meter,
                BudgetGauges(self._stores.samples),
                may_write=lambda: self._rules.lease.is_held,
                clock=now_ns,
            )
        )
        places = asyncio.create_task(keep_scores_placed(self._build_placer()))
        redactions = asyncio.create_task(keep_redactions_counted(self._redaction))
        http = _HttpServer(self._http_config(), on_started=self._announce)
        try:
            with _stopping_on_signals(http), _reloading_on_hangup(self._rules.manager.reload):
                await http.serve(sockets=[self._listener])
        finally:
            await grpc.stop(_STOP_GRACE_S)
            for task in (retention, audit, own_metrics, budgets, places, redactions):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _announce(self) -> None:
        # What lives now lives for ever: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        url = _url(self._settings.host, self._listener.getsockname()[1])
        self._log.info(
            "server_ready",
            url=url,
            grpc_port=self._settings.grpc_port,
            engine=self._stores.engine_name,
            auth=self._settings.auth_mode,
        )
        self._on_ready(url, self._open_setup())
        threading.Thread(target=self._pipeline.warm_up, name="ingest-warm-up", daemon=True).start()

    def _open_setup(self) -> str:
        is_for_people = self._settings.auth_mode == "required"
        return self._services.accounts.open_setup() if is_for_people else ""

    def _http_config(self) -> uvicorn.Config:
        is_open = self._settings.auth_mode == "off" and is_loopback(self._settings.host)
        app = WebApp(
            otlp=OtlpHttp(self._receiver),
            health=Health(self._stores.check),
            api=build_api(self._services),
            langfuse=build_langfuse(self._services),
            prometheus=build_prometheus_api(self._services, check=self._stores.check),
            remote_write=RemoteWriteHttp(self._receiver),
            exposition=Gzip(Exposition(self._services, more_counters=self._own_counters)),
            site=StaticSite(STATIC_ROOT),
            host=self._settings.host,
            checks_host=is_open,
        )
        return uvicorn.Config(
            app,
            lifespan="off",
            loop="none",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=int(_STOP_GRACE_S),
        )

    def _build_rules(self) -> Rules:
        return build_rules(
            self._settings,
            self._stores.rules,
            self._stores.directory,
            self._stores.thresholds,
            runner=self._metrics,
            writer=self._stores.samples,
            sink=self._notifications.service,
            on_lease=self._notify_while_held,
            external_url=self._external_url(),
            now_ns=now_ns,
        )

    def _notify_while_held(self, is_held: bool) -> None:
        service = self._notifications.service
        service.start() if is_held else service.stop()

    def _external_url(self) -> str:
        port = self._listener.getsockname()[1]
        return self._settings.external_url or _url(self._settings.host, port)

    def _build_notifications(self) -> Notifications:
        return build_notifications(
            self._settings,
            self._stores.notifications,
            StoredContext(
                self._stores.reader,
                self._metrics,
                external_url=self._external_url(),
                project_name=self._project_name,
            ),
            clock=now_ns,
            external_url=self._external_url(),
        )

    def _own_counters(self) -> Mapping[str, int]:
        return {
            **self._pipeline.counters(),
            **self._redaction.counters(),
            **self._rules.manager.counters(),
            **self._notifications.service.counters(),
            **self._evaluations.counters(),
            **self._judging.counters(),
        }

    def _project_name(self, project_id: str) -> str:
        projects = self._stores.directory.list_projects()
        return next((project.name for project in projects if project.id == project_id), project_id)

    def _build_services(self) -> Services:
        return Services(
            reader=self._stores.reader,
            logs=self._stores.logs,
            scores=self._stores.scores,
            score_statistics=self._stores.score_statistics,
            views=self._stores.views,
            sessions=self._stores.sessions,
            service_map=self._stores.service_map,
            saved_views=self._stores.saved_views,
            public_links=self._stores.public_links,
            aggregates=self._stores.aggregates,
            costs=self._stores.costs,
            call_statistics=self._stores.call_statistics,
            signals=self._stores.signals,
            sql=self._stores.sql,
            administration=ForgettingAdministration(
                self._stores.administration,
                forget_traces=self._pipeline.forget_traces,
                forget_project=self._forget_project,
                media=self._stores.library.media,
                public_links=self._stores.public_links,
            ),
            directory=self._stores.directory,
            library=self._stores.library,
            experiments=self._stores.experiments,
            series=self._stores.series,
            metrics=self._metrics,
            ingest=self._pipeline,
            intake=Intake(
                ingest=self._pipeline,
                budget=self._budget,
                counters=self._counters,
                ack_timeout_s=self._settings.ack_timeout_s,
            ),
            repricing=Repricer(
                self._stores.reader,
                self._pipeline,
                load_prices=lambda: self._project_prices.with_base(load_prices(self._settings.price_file)),
            ),
            own_prices=self._stores.own_prices,
            prices=self._project_prices,
            budgets=self._stores.budgets,
            budget_meter=BudgetMeter(self._stores.views),
            dashboards=self._stores.dashboards,
            rules=self._rules.service,
            notifications=self._notifications.office,
            reviews=self._stores.reviews,
            redaction=self._redaction,
            accounts=build_accounts(
                self._settings,
                self._stores.identities,
                external_url=self._external_url(),
                clock=now_ns,
            ),
            oidc=build_oidc(self._settings, external_url=self._external_url()),
            audit=AuditTrail(self._stores.audit, now_ns),
            evaluations=self._judging.service,
            feedback=FeedbackDoor(
                origins=self._settings.feedback_origins,
                per_address=self._settings.feedback_per_address_max,
                per_key=self._settings.feedback_per_key_max,
            ),
            auth_mode=self._settings.auth_mode,
            version=version("spanglass"),
            engine_name=self._stores.engine_name,
            started_at_ns=now_ns(),
            now_ns=now_ns,
        )

    def _build_placer(self) -> ScorePlacer:
        directory = self._stores.directory
        return ScorePlacer(
            self._stores.scores,
            self._stores.writer,
            self._pipeline,
            budget=self._budget,
            list_projects=lambda: [project.id for project in directory.list_projects()],
            count_unplaced=self._pipeline.count_unplaced,
            clock=now_ns,
        )

    def _forget_project(self, project_id: str) -> None:
        self._pipeline.forget_project(project_id)
        self._committer.forget_project(project_id)
        self._services.budget_meter.forget_project(project_id)

    def _build_receiver(self) -> OtlpReceiver:
        settings = self._settings
        return OtlpReceiver(
            services=self._services,
            metrics=MetricIntake(
                committer=self._committer,
                counters=self._counters,
                ack_timeout_s=settings.ack_timeout_s,
                limits=SampleLimits(
                    samples=settings.samples_per_request_max,
                    labels=settings.labels_per_series_max,
                    name_chars=settings.label_name_chars_max,
                    value_chars=settings.label_value_chars_max,
                ),
            ),
            budget=self._budget,
            counters=self._counters,
            options=OtlpOptions(
                body_bytes_max=self._settings.body_bytes_max,
                decompressed_bytes_max=self._settings.decompressed_bytes_max,
                ack_timeout_s=self._settings.ack_timeout_s,
            ),
        )


class _HttpServer(uvicorn.Server):
    """uvicorn's server, but signals are ours, because more than HTTP has to stop after one."""

    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_started()


@contextlib.contextmanager
def _stopping_on_signals(http: uvicorn.Server) -> Iterator[None]:
    """The first signal lets requests in flight finish, a second one does not wait for them."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(_number: int, _frame: object) -> None:
        http.force_exit = http.should_exit
        http.should_exit = True

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _reloading_on_hangup(reload: Callable[[], None]) -> Iterator[None]:
    """SIGHUP, where there is such a thing."""
    if sys.platform == "win32":
        yield
        return
    previous = signal.signal(signal.SIGHUP, lambda _number, _frame: reload())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, previous)


def _build_pipeline(
    settings: Settings,
    stores: Stores,
    prices: Prices,
    budget: QueueBudget,
    counters: Counters,
    *,
    redaction: Redaction,
) -> IngestPipeline:
    return IngestPipeline(
        stores.writer,
        prices,
        budget=budget,
        counters=counters,
        clock=now_ns,
        is_only_writer=stores.is_only_writer,
        options=PipelineOptions(
            commit_interval_ms=settings.commit_interval_ms,
            commit_rows_max=settings.commit_rows_max,
            limits=RecordLimits(
                records=settings.spans_per_request_max,
                attributes=settings.attributes_per_span_max,
                value_chars=settings.attribute_value_chars_max,
            ),
        ),
        score_configs=stores.library.score_configs.catalog,
        redaction=redaction,
    )


def _query_limits(settings: Settings) -> QueryLimits:
    return QueryLimits(
        series_max=settings.series_per_query_max,
        samples_max=settings.samples_per_query_max,
        steps_max=settings.query_steps_max,
        timeout_s=settings.query_timeout_s,
        concurrency_max=settings.query_concurrency_max,
    )


def _build_committer(
    settings: Settings, stores: Stores, counters: Counters, redaction: Redaction
) -> SampleCommitter:
    return SampleCommitter(
        stores.samples,
        counters=counters,
        view_names=view_names(),
        redaction=redaction,
        options=CommitterOptions(
            commit_interval_ms=settings.commit_interval_ms, series_max=settings.series_max
        ),
    )


def _listen(host: str, port: int) -> socket.socket:
    """Bound before anything slow starts, so that a taken port is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host}: {error.strerror}", hint="check --host") from None
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        hint = "another process may have the port: use --port PORT, or stop it"
        if error.errno == errno.EADDRNOTAVAIL:
            hint = "the address is not one of this machine's: 0.0.0.0 listens on all of them"
        raise Misconfigured(f"cannot listen on {host}:{port}: {error.strerror}", hint=hint) from None
    return listener


def _url(host: str, port: int) -> str:
    shown = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
