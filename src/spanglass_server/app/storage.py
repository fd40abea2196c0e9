"""Opens the stores that the settings name: the one place that knows which ClickHouse it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spanglass_server.app.settings import Settings
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import Misconfigured, StorageUnavailable
from spanglass_server.metrics.merged import MergedSeries
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.store.aggregates import AggregateReader
from spanglass_server.store.alerting import NotificationStore
from spanglass_server.store.audit import AuditLog
from spanglass_server.store.budgets import Budgets
from spanglass_server.store.call_statistics import CallStatisticsReader
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.aggregates import ClickHouseAggregates
from spanglass_server.store.clickhouse.call_statistics import ClickHouseCallStatistics
from spanglass_server.store.clickhouse.cost import ClickHouseCostReader
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.evaluation_targets import ClickHouseTargetReader
from spanglass_server.store.clickhouse.llm_curves import SeriesLimits
from spanglass_server.store.clickhouse.llm_ledger import LabelMemory
from spanglass_server.store.clickhouse.llm_metrics import METRICS as LLM_METRICS
from spanglass_server.store.clickhouse.llm_series import LlmSeries
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.reader_experiments import ClickHouseExperimentReader
from spanglass_server.store.clickhouse.reader_logs import ClickHouseLogReader
from spanglass_server.store.clickhouse.reader_scores import ClickHouseScoreReader
from spanglass_server.store.clickhouse.reader_views import ClickHouseViewReader
from spanglass_server.store.clickhouse.samples_reader import ClickHouseSampleSeries, SampleReadLimits
from spanglass_server.store.clickhouse.samples_writer import ClickHouseSampleStore
from spanglass_server.store.clickhouse.score_statistics import ClickHouseScoreStatistics
from spanglass_server.store.clickhouse.service_map import ClickHouseServiceMapReader
from spanglass_server.store.clickhouse.sessions import ClickHouseSessionReader
from spanglass_server.store.clickhouse.signals import ClickHouseSignals
from spanglass_server.store.clickhouse.sql import ClickHouseSqlReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.cost import CostReader
from spanglass_server.store.dashboards import Dashboards
from spanglass_server.store.directory import Directory
from spanglass_server.store.evaluation import EvaluatorStore, TargetReader
from spanglass_server.store.experiments import ExperimentReader
from spanglass_server.store.identity import IdentityStore
from spanglass_server.store.library import Library, MediaStore
from spanglass_server.store.metadata.alerting import open_notifications
from spanglass_server.store.metadata.audit import open_audit_log
from spanglass_server.store.metadata.budgets import open_budgets
from spanglass_server.store.metadata.dashboards import open_dashboards
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.evaluators import open_evaluator_store
from spanglass_server.store.metadata.identity import open_identities
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.own_prices import open_own_prices
from spanglass_server.store.metadata.public_links import open_public_links
from spanglass_server.store.metadata.redaction import open_redaction
from spanglass_server.store.metadata.review import open_reviews
from spanglass_server.store.metadata.rules import open_rule_store
from spanglass_server.store.metadata.saved_views import open_saved_views
from spanglass_server.store.metadata.thresholds import open_thresholds
from spanglass_server.store.own_prices import OwnPrices
from spanglass_server.store.ports import (
    Administration,
    LogReader,
    ScoreReader,
    SpanReader,
    SpanWriter,
    TraceKey,
)
from spanglass_server.store.public_links import PublicLinks
from spanglass_server.store.redaction import RedactionStore
from spanglass_server.store.review import ReviewStore
from spanglass_server.store.rules import RuleStore
from spanglass_server.store.saved_views import SavedViews
from spanglass_server.store.score_statistics import ScoreStatisticsReader
from spanglass_server.store.series import SampleStore, SeriesReader
from spanglass_server.store.service_map import ServiceMapReader
from spanglass_server.store.sessions import SessionReader
from spanglass_server.store.signals import SignalReader
from spanglass_server.store.sql import SqlReader
from spanglass_server.store.thresholds import ThresholdStore
from spanglass_server.store.views import ViewReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
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
    call_statistics: CallStatisticsReader
    signals: SignalReader
    sql: SqlReader
    writer: SpanWriter
    administration: Administration
    directory: Directory
    library: Library
    experiments: ExperimentReader
    series: SeriesReader
    samples: SampleStore
    budgets: Budgets
    own_prices: OwnPrices
    dashboards: Dashboards
    rules: RuleStore
    thresholds: ThresholdStore
    notifications: NotificationStore
    reviews: ReviewStore
    redaction: RedactionStore
    audit: AuditLog
    identities: IdentityStore
    evaluators: EvaluatorStore
    targets: TargetReader
    engine_name: str
    is_only_writer: bool
    """No other server writes to the same tables."""
    check: Callable[[], None]
    """Raises StorageUnavailable where a trivial query fails."""

    def close(self) -> None:
        self.administration.close()
        self.library.close()
        self.budgets.close()
        self.own_prices.close()
        self.dashboards.close()
        self.rules.close()
        self.thresholds.close()
        self.notifications.close()
        self.reviews.close()
        self.redaction.close()
        self.saved_views.close()
        self.public_links.close()
        self.audit.close()
        self.identities.close()
        self.evaluators.close()
        self.directory.close()


def open_stores(settings: Settings, clock: Clock) -> Stores:
    """Open and migrate. Raises Misconfigured for what an operator has to put right."""
    _check_data_dir(settings)
    directory = open_directory(settings.metadata_url, now_ns=clock, retention_days=settings.retention_days)
    engine = _open_engine(settings)
    label_memory = LabelMemory()
    administration = ClickHouseAdministration(
        engine, is_fsynced=settings.fsync, now_ns=clock, label_memory=label_memory
    )
    try:
        directory.migrate()
        administration.migrate()
    except StorageUnavailable as error:
        engine.close()
        directory.close()
        raise Misconfigured(f"storage cannot be used: {error.message}", hint=error.hint) from error
    return Stores(
        reader=ClickHouseReader(engine),
        logs=ClickHouseLogReader(engine),
        scores=ClickHouseScoreReader(engine),
        score_statistics=ClickHouseScoreStatistics(engine),
        views=ClickHouseViewReader(engine),
        sessions=ClickHouseSessionReader(engine),
        service_map=ClickHouseServiceMapReader(engine),
        saved_views=open_saved_views(settings.metadata_url),
        public_links=open_public_links(settings.metadata_url),
        aggregates=ClickHouseAggregates(engine),
        costs=ClickHouseCostReader(engine),
        call_statistics=ClickHouseCallStatistics(engine),
        signals=ClickHouseSignals(engine),
        sql=ClickHouseSqlReader(engine),
        writer=ClickHouseWriter(engine, label_memory=label_memory),
        administration=administration,
        directory=directory,
        library=_open_library(settings, clock),
        experiments=ClickHouseExperimentReader(engine),
        series=_open_series(settings, engine),
        samples=ClickHouseSampleStore(engine, now_ns=clock),
        budgets=open_budgets(settings.metadata_url),
        own_prices=open_own_prices(settings.metadata_url),
        dashboards=open_dashboards(settings.metadata_url),
        rules=open_rule_store(settings.metadata_url),
        thresholds=open_thresholds(settings.metadata_url),
        notifications=open_notifications(settings.metadata_url),
        reviews=open_reviews(settings.metadata_url),
        redaction=open_redaction(settings.metadata_url),
        audit=open_audit_log(settings.metadata_url),
        identities=open_identities(
            settings.metadata_url,
            session_idle_ns=int(settings.session_idle_hours * 3600e9),
            now_ns=clock,
        ),
        evaluators=open_evaluator_store(settings.metadata_url),
        targets=ClickHouseTargetReader(engine),
        engine_name=engine.name,
        is_only_writer=engine.is_embedded,
        check=lambda: _check_engine(engine),
    )


def _open_series(settings: Settings, engine: Engine) -> SeriesReader:
    series_max, samples_max = settings.series_per_query_max, settings.samples_per_query_max
    return MergedSeries(
        LlmSeries(
            engine, limits=SeriesLimits(series_per_query_max=series_max, samples_per_query_max=samples_max)
        ),
        ClickHouseSampleSeries(
            engine, limits=SampleReadLimits(series_max=series_max, samples_max=samples_max)
        ),
        is_view=view_names().__contains__,
    )


def _open_library(settings: Settings, clock: Clock) -> Library:
    limits = MediaLimits(
        media_bytes_max=settings.media_bytes_max, media_project_bytes_max=settings.media_project_bytes_max
    )
    return open_library(settings.metadata_url, now_ns=clock, limits=limits)


def view_names() -> frozenset[str]:
    """Of the series that are computed from spans, and of their metrics."""
    return frozenset(name for metric in LLM_METRICS for name in (metric.name, *metric.series_names))


def load_prices(price_file: Path | None) -> PriceBook:
    """The built-in list, under the user's own file. Raises Misconfigured."""
    if price_file is None:
        return PriceBook()
    try:
        text = price_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"cannot read the price file {price_file}: {error}", hint="check SPANGLASS_PRICE_FILE"
        ) from None
    return PriceBook.from_text(text, name=price_file.name)


class ForgettingAdministration:
    """Tells the ingest what was deleted, or later spans would bring deleted sums back from its memory; and
    deletes the files that only deleted traces used, and the links that showed them to the public."""

    def __init__(
        self,
        administration: Administration,
        *,
        forget_traces: Callable[[Sequence[TraceKey]], None],
        forget_project: Callable[[str], None],
        media: MediaStore,
        public_links: PublicLinks,
    ) -> None:
        self._administration = administration
        self._forget_traces = forget_traces
        self._forget_project = forget_project
        self._media = media
        self._public_links = public_links
        self.migrate = administration.migrate
        self.delete_scores = administration.delete_scores
        self.set_retention = administration.set_retention
        self.enforce_retention = administration.enforce_retention
        self.roll_up_metrics = administration.roll_up_metrics
        self.disk_bytes = administration.disk_bytes
        self.close = administration.close

    def delete_traces(self, keys: Sequence[TraceKey]) -> int:
        count = self._administration.delete_traces(keys)
        self._forget_traces(keys)
        for project_id in {key.project_id for key in keys}:
            trace_ids = [key.trace_id for key in keys if key.project_id == project_id]
            self._public_links.forget_traces(project_id, trace_ids)
            self._media.forget_traces(project_id, trace_ids)
        return count

    def delete_project(self, project_id: str) -> None:
        self._administration.delete_project(project_id)
        self._forget_project(project_id)


def _check_data_dir(settings: Settings) -> None:
    if settings.clickhouse_url and settings.database_url:
        return
    data_dir = settings.data_dir
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data_dir / ".write-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Misconfigured(
            f"cannot write to the data directory {data_dir}: {error.strerror}",
            hint="name another with --data-dir, or give the user who runs the server access",
        ) from None


def _open_engine(settings: Settings) -> Engine:
    if settings.clickhouse_url:
        from spanglass_server.store.clickhouse.engine_server import ServerEngine

        return ServerEngine(settings.clickhouse_url, cluster=settings.clickhouse_cluster)
    from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine

    return EmbeddedEngine(settings.data_dir / "clickhouse")


def _check_engine(engine: Engine) -> None:
    engine.query_arrow("SELECT 1", settings={"max_execution_time": 5})
