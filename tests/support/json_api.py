"""The JSON API in this process, on a real engine and a real directory, with a clock that stands still."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any, cast

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import State
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.accounts.service import Accounts
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, PipelineOptions
from spanglass_server.ingest.prepare import no_configs
from spanglass_server.ingest.project_prices import ProjectPrices
from spanglass_server.model.span import Log, Span
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.notify.office import NotificationOffice
from spanglass_server.quality.service import EvaluationService
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.rules.service import RuleService
from spanglass_server.store.budgets import Budgets
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.aggregates import ClickHouseAggregates
from spanglass_server.store.clickhouse.call_statistics import ClickHouseCallStatistics
from spanglass_server.store.clickhouse.cost import ClickHouseCostReader
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.reader_experiments import ClickHouseExperimentReader
from spanglass_server.store.clickhouse.reader_logs import ClickHouseLogReader
from spanglass_server.store.clickhouse.reader_scores import ClickHouseScoreReader
from spanglass_server.store.clickhouse.reader_views import ClickHouseViewReader
from spanglass_server.store.clickhouse.score_statistics import ClickHouseScoreStatistics
from spanglass_server.store.clickhouse.service_map import ClickHouseServiceMapReader
from spanglass_server.store.clickhouse.sessions import ClickHouseSessionReader
from spanglass_server.store.clickhouse.signals import ClickHouseSignals
from spanglass_server.store.clickhouse.sql import ClickHouseSqlReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.dashboards import Dashboards
from spanglass_server.store.directory import Directory
from spanglass_server.store.library import Library
from spanglass_server.store.own_prices import OwnPrices
from spanglass_server.store.public_links import PublicLinks
from spanglass_server.store.review import ReviewStore
from spanglass_server.store.saved_views import SavedViews
from spanglass_server.web.api import build_router
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.intake import Intake
from spanglass_server.web.services import AuthMode, Services

NOW_NS = EPOCH_NS + 3600 * SECOND_NS


@cache
def _routes() -> FastAPI:
    """Half a second to build, and the same for all: who answers stands in the application's state."""
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(build_router())
    return app


class _Counted:
    def counters(self) -> Mapping[str, int]:
        return {"accepted_spans": 7, "queue_bytes": 0}


class JsonApi:
    """One project's API. `get` gives the decoded body of an answer that must be 200."""

    def __init__(
        self,
        engine: Engine,
        directory: Directory,
        project: str,
        *,
        library: Library | None = None,
        budgets: Budgets | None = None,
        own_prices: OwnPrices | None = None,
        notifications: NotificationOffice | None = None,
        reviews: ReviewStore | None = None,
        evaluations: EvaluationService | None = None,
        saved_views: SavedViews | None = None,
        public_links: PublicLinks | None = None,
        dashboards: Dashboards | None = None,
        accounts: Accounts | None = None,
        rules: RuleService | None = None,
    ) -> None:
        self.directory = directory
        self.project = self.directory.create_project(project)
        self.factory = SpanFactory(self.project.id)
        self._writer = ClickHouseWriter(engine)
        budget, counters = QueueBudget(8 << 20), Counters()
        self._pipeline = IngestPipeline(
            self._writer,
            PriceBook(with_catalog=False),
            budget=budget,
            counters=counters,
            clock=lambda: NOW_NS,
            is_only_writer=True,
            options=PipelineOptions(commit_interval_ms=1),
            score_configs=library.score_configs.catalog if library else no_configs,
        )
        self._pipeline.start()
        self.services = Services(
            reader=ClickHouseReader(engine),
            logs=ClickHouseLogReader(engine),
            scores=ClickHouseScoreReader(engine),
            score_statistics=ClickHouseScoreStatistics(engine),
            views=ClickHouseViewReader(engine),
            sessions=ClickHouseSessionReader(engine),
            service_map=ClickHouseServiceMapReader(engine),
            saved_views=cast("SavedViews", saved_views),
            public_links=cast("PublicLinks", public_links),
            aggregates=ClickHouseAggregates(engine),
            costs=ClickHouseCostReader(engine),
            call_statistics=ClickHouseCallStatistics(engine),
            signals=ClickHouseSignals(engine),
            sql=ClickHouseSqlReader(engine),
            administration=ClickHouseAdministration(engine, is_fsynced=False),
            directory=self.directory,
            library=cast("Library", library),
            experiments=ClickHouseExperimentReader(engine),
            series=cast("Any", None),
            metrics=cast("Any", None),
            ingest=_Counted(),
            intake=Intake(ingest=self._pipeline, budget=budget, counters=counters, ack_timeout_s=10),
            repricing=cast("Any", None),
            budgets=cast("Budgets", budgets),
            own_prices=cast("OwnPrices", own_prices),
            prices=ProjectPrices(PriceBook(), own_prices.list if own_prices else lambda _: ()),
            budget_meter=BudgetMeter(ClickHouseViewReader(engine)),
            dashboards=cast("Dashboards", dashboards),
            rules=cast("RuleService", rules),
            notifications=cast("NotificationOffice", notifications),
            reviews=cast("ReviewStore", reviews),
            evaluations=cast("EvaluationService", evaluations),
            accounts=cast("Accounts", accounts),
            auth_mode="off",
            version="1.2.3",
            engine_name="embedded",
            started_at_ns=EPOCH_NS,
            now_ns=lambda: NOW_NS,
        )
        self.app = copy(_routes())
        self.app.state = State({"services": self.services})
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def require_keys(self, mode: AuthMode = "required") -> None:
        self.app.state.services = replace(self.services, auth_mode=mode)

    def store(self, *traces: list[Span], logs: list[Log] | None = None, **summary: Any) -> None:
        """`summary`: what the traces' summaries have that is not as usual."""
        self._writer.write_batch(
            spans=[span for spans in traces for span in spans],
            traces=[self.factory.summary(spans, **summary) for spans in traces],
            logs=logs or [],
        )

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", params={"project": self.project.name, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, path: str, **params: Any) -> Any:
        """The problem of a request that must fail."""
        answer = self.client.get(f"/api/v1{path}", params={"project": self.project.name, **params})
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        body = answer.json()
        assert body["status"] == answer.status_code
        return body

    def close(self) -> None:
        self.client.close()
        self._pipeline.stop()
