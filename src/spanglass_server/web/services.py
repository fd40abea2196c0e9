"""What request handlers may reach, handed to the app factory by `app`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from spanglass_server.accounts.oidc_entry import OidcDoor
from spanglass_server.accounts.people import People
from spanglass_server.accounts.service import Accounts
from spanglass_server.ingest.redaction import Redaction
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.price import RepriceSummary
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.notify.office import NotificationOffice
from spanglass_server.quality.service import EvaluationService
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.rules.service import RuleService
from spanglass_server.store.aggregates import AggregateReader
from spanglass_server.store.budgets import Budgets
from spanglass_server.store.call_statistics import CallStatisticsReader
from spanglass_server.store.cost import CostReader
from spanglass_server.store.dashboards import Dashboards
from spanglass_server.store.directory import Directory
from spanglass_server.store.experiments import ExperimentReader
from spanglass_server.store.library import Library
from spanglass_server.store.own_prices import OwnPrices
from spanglass_server.store.ports import Administration, LogReader, ScoreReader, SpanReader, TimeRange
from spanglass_server.store.public_links import PublicLinks
from spanglass_server.store.review import ReviewStore
from spanglass_server.store.saved_views import SavedViews
from spanglass_server.store.score_statistics import ScoreStatisticsReader
from spanglass_server.store.series import SeriesReader
from spanglass_server.store.service_map import ServiceMapReader
from spanglass_server.store.sessions import SessionReader
from spanglass_server.store.signals import SignalReader
from spanglass_server.store.sql import SqlReader
from spanglass_server.store.views import ViewReader
from spanglass_server.web.audit import AuditTrail
from spanglass_server.web.feedback import FeedbackDoor
from spanglass_server.web.intake import Intake

AuthMode = Literal["off", "required"]


class IngestStatus(Protocol):
    """Counters of the ingest since the process started, by their metric's name without prefix."""

    def counters(self) -> Mapping[str, int]: ...


class Repricing(Protocol):
    """`ingest.reprice.Repricer`."""

    def run(self, project_id: str, during: TimeRange, *, is_dry_run: bool) -> Iterator[RepriceSummary]: ...


class Pricing(Protocol):
    """`ingest.project_prices.ProjectPrices`."""

    def of_project(self, project_id: str) -> PriceBook: ...
    def forget(self, project_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    reader: SpanReader
    logs: LogReader
    scores: ScoreReader
    score_statistics: ScoreStatisticsReader
    views: ViewReader
    sessions: SessionReader
    service_map: ServiceMapReader
    saved_views: SavedViews
    public_links: PublicLinks
    aggregates: AggregateReader
    costs: CostReader
    own_prices: OwnPrices
    prices: Pricing
    call_statistics: CallStatisticsReader
    signals: SignalReader
    sql: SqlReader
    administration: Administration
    directory: Directory
    library: Library
    experiments: ExperimentReader
    series: SeriesReader
    metrics: QueryRunner
    ingest: IngestStatus
    intake: Intake
    repricing: Repricing
    budgets: Budgets
    budget_meter: BudgetMeter
    dashboards: Dashboards
    rules: RuleService
    notifications: NotificationOffice
    reviews: ReviewStore
    evaluations: EvaluationService
    accounts: Accounts
    oidc: OidcDoor | None = None
    feedback: FeedbackDoor = field(default_factory=FeedbackDoor)
    audit: AuditTrail = field(default_factory=AuditTrail)
    redaction: Redaction = field(default_factory=Redaction)
    auth_mode: AuthMode
    version: str
    engine_name: str
    started_at_ns: int
    now_ns: Callable[[], int]

    @property
    def people(self) -> People:
        return People(self.accounts, self.now_ns)
