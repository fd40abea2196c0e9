"""Notifications put together: the store, the configuration's source, the service that sends, the office that
answers for it."""

import os
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from spanglass_server.app.settings import Settings
from spanglass_server.base.clock import Clock
from spanglass_server.notify.config_source import ConfigSource
from spanglass_server.notify.context import AlertContext
from spanglass_server.notify.egress import Egress
from spanglass_server.notify.office import NotificationOffice
from spanglass_server.notify.service import NotificationService
from spanglass_server.store.alerting import NotificationStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    service: NotificationService
    """What rules tell alerts to; started where rules are evaluated."""
    office: NotificationOffice
    """What the API asks."""


def build_notifications(
    settings: Settings,
    store: NotificationStore,
    context: AlertContext,
    *,
    clock: Clock,
    external_url: str,
    environ: Mapping[str, str] | None = None,
) -> Notifications:
    """Raises Misconfigured for a configuration file that is missing or wrong."""
    configs = ConfigSource(
        store, file=settings.notification_config, environ=os.environ if environ is None else environ
    )
    configs.check_file()
    service = NotificationService(
        store,
        configs,
        egress=Egress(allows_private=settings.notify_private_targets),
        context=context,
        external_url=external_url,
        clock=clock,
        random=random.random,
    )
    office = NotificationOffice(store, configs, service, clock=clock, new_id=lambda: str(uuid.uuid4()))
    return Notifications(service=service, office=office)
