"""The integrations: one file each, in one ordered tuple."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from spanglass_server.notify.integrations.alertmanager import parse_alertmanager
from spanglass_server.notify.integrations.apprise import parse_apprise
from spanglass_server.notify.integrations.base import Globals, Integration
from spanglass_server.notify.integrations.email import parse_email
from spanglass_server.notify.integrations.pagerduty import parse_pagerduty
from spanglass_server.notify.integrations.slack import parse_slack
from spanglass_server.notify.integrations.webhook import parse_webhook
from spanglass_server.notify.templates import Templates
from spanglass_server.notify.yaml_section import Section

ParseIntegration: TypeAlias = Callable[[Section, Globals, Templates], Integration]


class IntegrationKind(NamedTuple):
    key: str
    """Of the list in a receiver."""
    parse: ParseIntegration
    """Raises ConfigInvalid and TemplateError."""


INTEGRATIONS: Final = (
    IntegrationKind("slack_configs", parse_slack),
    IntegrationKind("webhook_configs", parse_webhook),
    IntegrationKind("pagerduty_configs", parse_pagerduty),
    IntegrationKind("email_configs", parse_email),
    IntegrationKind("apprise_configs", parse_apprise),
    IntegrationKind("alertmanager_configs", parse_alertmanager),
)
