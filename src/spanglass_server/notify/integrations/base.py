"""What every integration is given, and what it promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from spanglass_server.notify.context import AlertContext
from spanglass_server.notify.egress import Egress, HttpOptions, HttpResponse, RequestFailed, retry_after_ms
from spanglass_server.notify.notification import Notification
from spanglass_server.notify.secret import Secret, without_secrets
from spanglass_server.notify.templates import Templates
from spanglass_server.notify.yaml_section import Section


class SendFailed(Exception):
    """The message was not delivered. Its text is shown to users, so no secret may be in it."""

    def __init__(self, message: str, *, is_retryable: bool, retry_after_ms: int = 0) -> None:
        super().__init__(message)
        self.is_retryable = is_retryable
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    egress: Egress
    templates: Templates
    context: AlertContext
    external_url: str
    """Without a slash at its end."""


class Integration(Protocol):
    """One way to reach a receiver, as configured. Frozen; safe from many threads."""

    @property
    def kind(self) -> str:
        """One word, e.g. `slack`."""

    @property
    def sends_resolved(self) -> bool: ...
    @property
    def hears_each_flush(self) -> bool:
        """Told of firing alerts every group_interval, rather than every repeat_interval."""

    @property
    def target(self) -> str:
        """Where it sends to, as far as that may be shown."""

    def send(self, notification: Notification, tools: Tools) -> None:
        """Raises SendFailed or SecretMissing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a configuration may take secrets and templates from besides itself. Who writes the operator's
    file may name the server's files and variables; who writes a project's by the API may not, because a
    webhook of theirs would tell them what is in there."""

    environ: Mapping[str, str]
    directory: Path | None
    """What relative paths start from; None where files and variables may not be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """Defaults of all receivers: Alertmanager's `global`."""

    sources: Sources
    slack_api_url: Secret | None = None
    slack_bot_token: Secret | None = None
    pagerduty_url: str = "https://events.pagerduty.com/v2/enqueue"
    smtp_from: str = ""
    smtp_smarthost: str = ""
    smtp_hello: str = "localhost"
    smtp_auth_username: str = ""
    smtp_auth_password: Secret | None = None
    smtp_require_tls: bool = True
    http: HttpOptions = field(default_factory=HttpOptions)


def read_secret(section: Section, key: str, sources: Sources) -> Secret | None:
    """From `key`, `key_file` or `key_env`; None where there is none of them."""
    given = [name for name in (key, f"{key}_file", f"{key}_env") if section.has(name)]
    if len(given) > 1:
        section.fail(f"`{given[0]}` and `{given[1]}` exclude each other", key=given[1])
    value, file, variable = section.text(key), section.text(f"{key}_file"), section.text(f"{key}_env")
    if not value and not file and not variable:
        return None
    if value:
        return Secret(value)
    if sources.directory is None:
        section.fail(
            f"`{given[0]}` may stand only in the server's own configuration file",
            key=given[0],
            hint=f"write the secret itself as `{key}`: it is stored, and never shown again",
        )
    if file:
        return Secret(file=sources.directory / Path(file).expanduser())
    return Secret(variable=variable, environ=sources.environ)


def post(
    tools: Tools,
    url: str,
    body: bytes,
    *,
    now_ms: int,
    options: HttpOptions,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A 2xx answer to JSON. Other answers, and none, raise SendFailed: 429 and 5xx are worth another try, the
    others are not."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    try:
        response = tools.egress.post(url, body, headers=sent, options=options)
    except RequestFailed as problem:
        raise SendFailed(str(problem), is_retryable=problem.is_retryable) from None
    if 200 <= response.status < 300:
        return response
    told = without_secrets(response_text(response), url, options.secret.reveal() if options.secret else "")
    raise SendFailed(
        f"answered {response.status}: {told}",
        is_retryable=response.status in (408, 425, 429) or response.status >= 500,
        retry_after_ms=retry_after_ms(response, now_ms),
    )


def response_text(response: HttpResponse) -> str:
    """The beginning of an answer as one line."""
    text = response.body[:300].decode("utf-8", "replace")
    return " ".join(text.split()) or "nothing"
