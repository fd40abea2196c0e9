"""Rules put together: where they come from, the lease, the manager that evaluates them, the service that
answers for them."""

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from spanglass_server.app.settings import Settings
from spanglass_server.base.clock import Clock
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.rules.manager import AlertSink, RuleManager, RuleOptions, RulePorts
from spanglass_server.rules.round import RoundRunner
from spanglass_server.rules.service import RuleService
from spanglass_server.rules.sources import RulePath, RuleSources
from spanglass_server.store.directory import DEFAULT_PROJECT, Directory
from spanglass_server.store.lease import LeaseKeeper
from spanglass_server.store.rules import RuleStore
from spanglass_server.store.series import SampleWriter
from spanglass_server.store.thresholds import ThresholdStore

_ALONE: Final = "embedded"
"""The holder where no other server can have the same data: after a crash it goes on at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    manager: RuleManager
    service: RuleService
    lease: LeaseKeeper


def build_rules(
    settings: Settings,
    store: RuleStore,
    directory: Directory,
    thresholds: ThresholdStore,
    *,
    runner: QueryRunner,
    writer: SampleWriter,
    sink: AlertSink,
    on_lease: Callable[[bool], None],
    external_url: str,
    now_ns: Clock,
) -> Rules:
    sources = RuleSources(
        store,
        paths=[to_rule_path(entry) for entry in settings.rule_files],
        defaults=None if settings.default_rules else {},
        list_thresholds=thresholds.list_all,
        monotonic_ns=time.monotonic_ns,
    )
    lease = LeaseKeeper(store, "rules", holder=lease_holder(settings), monotonic_ns=time.monotonic_ns)
    interval_ms = int(settings.rule_interval_s * 1000)
    query_offset_ms = int(settings.rule_query_offset_s * 1000)
    manager = RuleManager(
        RulePorts(
            sources=sources,
            store=store,
            directory=directory,
            lease=lease,
            rounds=RoundRunner(runner, writer),
            writer=writer,
            sink=sink,
            now_ns=now_ns,
            on_lease=on_lease,
        ),
        RuleOptions(interval_ms=interval_ms, query_offset_ms=query_offset_ms, external_url=external_url),
    )
    service = RuleService(
        store,
        sources,
        directory,
        thresholds,
        interval_ms=interval_ms,
        query_offset_ms=query_offset_ms,
        now_ns=now_ns,
    )
    return Rules(manager=manager, service=service, lease=lease)


def to_rule_path(entry: str) -> RulePath:
    """`rules/*.yml`, or `shop=rules/*.yml` for the rules of another project."""
    project, separator, pattern = entry.partition("=")
    if separator and "/" not in project:
        return RulePath(project, pattern)
    return RulePath(DEFAULT_PROJECT, entry)


def lease_holder(settings: Settings) -> str:
    """Who this server is to the others."""
    if not settings.database_url and not settings.clickhouse_url:
        return _ALONE
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
