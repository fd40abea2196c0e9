"""Every setting, once: its name, type, default and one sentence. docs/configuration.md is made from this.

    command line  >  environment (SPANGLASS_*)  >  TOML file  >  default

The layers are merged here rather than by a library, because an error has to say which layer a bad value came
from, and because the environment is an argument.
"""

import difflib
import ipaddress
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from spanglass_server.base.errors import Misconfigured
from spanglass_server.base.limits import (
    ATTRIBUTE_VALUE_CHARS_MAX,
    ATTRIBUTES_PER_SPAN_MAX,
    LABEL_NAME_CHARS_MAX,
    LABEL_VALUE_CHARS_MAX,
    LABELS_PER_SERIES_MAX,
    SAMPLES_PER_REQUEST_MAX,
    SERIES_MAX,
    SPANS_PER_REQUEST_MAX,
)

ENVIRONMENT_PREFIX = "SPANGLASS_"
CONFIG_FILE_NAME = "spanglass.toml"
CONFIG_VARIABLE = "SPANGLASS_CONFIG"

_MIB = 1 << 20
_JUDGE_ENV_KEYS = frozenset({"ANTHROPIC_API_KEY", "OPENAI_API_KEY"})


def _default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir("spanglass", appauthor=False))


def is_loopback(host: str) -> bool:
    """True for `localhost` and every address of 127.0.0.0/8 and ::1; False for any other name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(
        4318,
        ge=0,
        le=65535,
        description="Port of everything that is HTTP: web app, API, OTLP/HTTP; 0 takes a free one.",
    )
    grpc_port: int = Field(4317, ge=0, le=65535, description="Port of OTLP/gRPC; 0 turns it off.")
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Directory of the embedded storage; one server at a time may have it.",
    )
    clickhouse_url: str = Field(
        "",
        repr=False,
        description="A ClickHouse server, `clickhouse://user:password@host:8123/database` (`clickhouses://` "
        "for TLS); empty keeps spans in embedded ClickHouse in the data directory.",
    )
    clickhouse_cluster: str = Field(
        "", description="Name of the ClickHouse cluster to create replicated and distributed tables on."
    )
    database_url: str = Field(
        "",
        repr=False,
        description="PostgreSQL for projects, keys, prompts, datasets and media, "
        "`postgresql://user:password@host/database`; empty keeps them in SQLite in the data directory.",
    )
    auth: Literal["auto", "required", "off"] = Field(
        "auto",
        description="Whether requests need a key: `required`; `off`, which is allowed on a loopback address "
        "only; or `auto`, which is `off` on a loopback address and `required` on any other.",
    )
    session_idle_hours: float = Field(
        168.0, gt=0, description="Hours after which somebody who signed in and did nothing is asked again."
    )
    session_days_max: float = Field(
        30.0, gt=0, description="Days after which somebody who signed in is asked again in any case."
    )
    oidc_issuer: str = Field(
        "",
        description="Issuer of the OpenID Connect provider that people sign in by, "
        "`https://login.example.com` (docs/sign-in.md); empty: passwords alone.",
    )
    oidc_client_id: str = Field("", description="This server's name at the provider.")
    oidc_client_secret: str = Field(
        "", repr=False, description="Its secret; empty for a public client, which PKCE protects."
    )
    oidc_scopes: str = Field("openid email profile", description="What the provider is asked to tell.")
    oidc_domains: tuple[str, ...] = Field(
        (),
        description="Domains of e-mail addresses that may sign in by the provider for the first time, "
        "`example.com,example.org`; empty: any.",
    )
    oidc_default_role: Literal["none", "viewer", "editor"] = Field(
        "none",
        description="Role in every project of who comes by the provider and was not invited; `none` lets in "
        "only those who were invited.",
    )
    oidc_label: str = Field(
        "Single sign-on", min_length=1, description="What the button on the page to sign in says."
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        description="Days a new project keeps its traces, logs, scores and samples; unset: for ever.",
    )
    audit_retention_days: int = Field(
        400, ge=1, description="Days that entries of the audit log are kept (docs/team.md)."
    )
    price_file: Path | None = Field(
        None, description="TOML file of your own model prices, which win over the catalog's (docs/prices.md)."
    )

    external_url: str = Field(
        "",
        description="Where people reach this server, `https://spanglass.example.com`: links in notifications "
        "begin with it; empty is `http://HOST:PORT`.",
    )
    rule_files: tuple[str, ...] = Field(
        (),
        description="Prometheus rule files: files, directories, or patterns such as `rules/*.yml`, read "
        "again when they change; `shop=rules/*.yml` for the project `shop`, else for the project `default`.",
    )
    default_rules: bool = Field(
        True,
        description="Whether the alerting rules that come with Spanglass are on (docs/default-rules.md); "
        "each project can switch them off for itself.",
    )
    rule_interval_s: float = Field(
        60.0, ge=1, description="Seconds between evaluations of a rule group that has no `interval`."
    )
    rule_query_offset_s: float = Field(
        0.0,
        ge=0,
        description="Seconds by which rules look back, for data that comes late, of a group that has no "
        "`query_offset`.",
    )
    notification_config: Path | None = Field(
        None,
        description="Alertmanager configuration for the alerts of all projects (docs/notifications.md), read "
        "again when it changes; unset lets each project have its own by the API.",
    )
    notify_private_targets: bool = Field(
        False,
        description="Whether notifications may go to private, loopback and link-local addresses: whoever may "
        "configure receivers can then reach this server's own network.",
    )
    judge_private_targets: bool | None = Field(
        None,
        description="Whether judges of evaluators may be at private, loopback and link-local addresses: "
        "whoever may make evaluators can then reach this server's own network; unset allows it where no keys "
        "are required, since models of one's own are there.",
    )
    judge_env_keys: tuple[str, ...] | None = Field(
        None,
        description="Environment variables of the server that connections to judges may name as their API "
        "key (`env:NAME`); unset is `ANTHROPIC_API_KEY,OPENAI_API_KEY` where no keys are required, and none "
        "where they are.",
    )

    feedback_origins: tuple[str, ...] = Field(
        ("*",),
        description="Origins whose pages may send scores with a public key, `https://shop.example.com`; `*` "
        "is any, empty none (docs/scores.md).",
    )
    feedback_per_address_max: int = Field(
        60, ge=1, description="Scores a minute that one address may send with public keys; then it gets 429."
    )
    feedback_per_key_max: int = Field(
        6_000, ge=1, description="Scores a minute that may come with one public key; then it gets 429."
    )

    store_content: bool = Field(
        True,
        description="Whether inputs and outputs are stored at all; `false` stores none, whatever projects "
        "say (docs/privacy.md).",
    )

    body_bytes_max: ByteSize = Field(
        ByteSize(32 * _MIB), ge=1024, description="Largest request body as sent; larger ones get 413."
    )
    decompressed_bytes_max: ByteSize = Field(
        ByteSize(128 * _MIB), ge=1024, description="Largest request body after decompression."
    )
    spans_per_request_max: int = Field(
        SPANS_PER_REQUEST_MAX,
        ge=1,
        description="Spans or log records stored of one request; the rest is rejected.",
    )
    samples_per_request_max: int = Field(
        SAMPLES_PER_REQUEST_MAX,
        ge=1,
        description="Samples stored of one request of metrics; the rest is rejected. A histogram is one for "
        "each of its buckets, and two more.",
    )
    series_max: int = Field(
        SERIES_MAX,
        ge=1,
        description="Series that a project may have on one day (UTC); samples of further ones are rejected.",
    )
    labels_per_series_max: int = Field(
        LABELS_PER_SERIES_MAX,
        ge=1,
        description="Labels of one series; samples of one with more are rejected.",
    )
    label_name_chars_max: int = Field(
        LABEL_NAME_CHARS_MAX, ge=8, description="Characters of a label's name; longer ones are rejected."
    )
    label_value_chars_max: int = Field(
        LABEL_VALUE_CHARS_MAX, ge=8, description="Characters of a label's value; longer ones are rejected."
    )
    attribute_value_chars_max: int = Field(
        ATTRIBUTE_VALUE_CHARS_MAX,
        ge=256,
        description="Characters kept of one attribute's value; the rest is cut off.",
    )
    attributes_per_span_max: int = Field(
        ATTRIBUTES_PER_SPAN_MAX, ge=16, description="Attributes kept of one span; the rest is dropped."
    )
    queue_bytes_max: ByteSize = Field(
        ByteSize(64 * _MIB),
        ge=_MIB,
        description="Bytes of decompressed requests that may wait for storage; beyond it clients get 503.",
    )
    commit_interval_ms: int = Field(
        50, ge=1, le=10_000, description="Longest wait for company before a commit to storage."
    )
    commit_rows_max: int = Field(10_000, ge=1, description="Rows after which a commit waits no longer.")
    ack_timeout_s: float = Field(
        30.0, gt=0, description="Seconds a request waits for its commit before it is answered with 503."
    )
    fsync: bool = Field(
        True,
        description="Whether a commit to embedded storage reaches the disk before it is acknowledged; off is "
        "faster and may lose the last second in a power cut.",
    )
    media_bytes_max: ByteSize = Field(
        ByteSize(25 * _MIB),
        ge=0,
        description="Largest file stored that a payload refers to (Langfuse's media); 0 stores none.",
    )
    media_project_bytes_max: ByteSize = Field(
        ByteSize(1024 * _MIB), ge=0, description="Bytes that all such files of one project may take."
    )
    query_seconds_max: float = Field(20.0, gt=0, description="Seconds one query may run.")
    query_memory_bytes_max: ByteSize = Field(
        ByteSize(512 * _MIB), ge=16 * _MIB, description="Memory one query may take."
    )
    series_per_query_max: int = Field(50_000, ge=1, description="Series that one PromQL expression may read.")
    samples_per_query_max: int = Field(
        50_000_000, ge=1, description="Samples of series that one PromQL expression may hold in memory."
    )
    query_steps_max: int = Field(
        11_000, ge=1, description="Points of one series in the answer to a PromQL range query."
    )
    query_timeout_s: float = Field(30.0, gt=0, description="Seconds one PromQL expression may take.")
    query_concurrency_max: int = Field(
        4, ge=1, description="PromQL expressions of the HTTP API evaluated at a time; further ones wait."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe events to log."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="How events are logged; `auto` is `console` on a terminal, else `json`."
    )

    @field_validator("data_dir", "price_file", "notification_config")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @field_validator("rule_files", "judge_env_keys", "feedback_origins", "oidc_domains", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        """The environment has lists as texts with commas."""
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("clickhouse_url")
    @classmethod
    def _check_clickhouse_url(cls, value: str) -> str:
        return _checked_url(value, schemes=("clickhouse", "clickhouses", "http", "https"))

    @field_validator("external_url")
    @classmethod
    def _check_external_url(cls, value: str) -> str:
        return _checked_url(value, schemes=("http", "https")).rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, value: str) -> str:
        checked = _checked_url(value, schemes=("https", "http"))
        if checked.startswith("http://") and not is_loopback(urlsplit(checked).hostname or ""):
            raise ValueError("should start with https://")
        return checked

    @field_validator("oidc_client_id")
    @classmethod
    def _require_client_id(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("is missing: the provider gives it where this server is registered")
        return value

    @field_validator("oidc_domains")
    @classmethod
    def _lower_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().removeprefix("@") for domain in value)

    @field_validator("feedback_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != "*" and (not parts.scheme or origin != f"{parts.scheme}://{parts.netloc}".lower()):
                raise ValueError(f"`{origin}` is no origin: write https://host or http://host:port")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        return _checked_url(value, schemes=("postgresql", "postgres", "sqlite"))

    @field_validator("auth")
    @classmethod
    def _refuse_open_door(cls, value: str, info: ValidationInfo) -> str:
        host = str(info.data.get("host", ""))
        if value == "off" and host and not is_loopback(host):
            raise ValueError(
                f"would let anyone who reaches {host} read every prompt; use 'auto' or 'required', "
                "or listen on 127.0.0.1"
            )
        return value

    @property
    def auth_mode(self) -> Literal["off", "required"]:
        """What `auth` comes to on this address."""
        if self.auth == "auto":
            return "off" if is_loopback(self.host) else "required"
        return self.auth

    @property
    def judges_may_be_private(self) -> bool:
        """What `judge_private_targets` comes to."""
        if self.judge_private_targets is None:
            return self.auth_mode == "off"
        return self.judge_private_targets

    @property
    def judge_env_key_names(self) -> frozenset[str]:
        """What `judge_env_keys` comes to."""
        if self.judge_env_keys is None:
            return _JUDGE_ENV_KEYS if self.auth_mode == "off" else frozenset()
        return frozenset(self.judge_env_keys)

    @property
    def metadata_url(self) -> str:
        """SQLAlchemy's URL of the relational store."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'metadata.db'}"
        scheme, rest = self.database_url.split("://", 1)
        return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else self.database_url


class Configuration(NamedTuple):
    """Settings, and where each that is not a default came from."""

    settings: Settings
    origins: Mapping[str, str]
    """By setting: `--port`, `SPANGLASS_PORT`, or the TOML file's path."""
    config_file: Path | None


def load_settings(
    overrides: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str],
    config_file: Path | None = None,
    directory: Path | None = None,
) -> Settings:
    """`load_configuration` for those who need the values only."""
    return load_configuration(
        overrides, environ=environ, config_file=config_file, directory=directory
    ).settings


def load_configuration(
    overrides: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str],
    config_file: Path | None = None,
    directory: Path | None = None,
) -> Configuration:
    """Merge the layers. `overrides` are the command line's, by setting; None in it is "not given".

    The TOML file is `config_file`, else the one SPANGLASS_CONFIG names, else `spanglass.toml` in `directory`
    (the working directory) where there is one. Raises `Misconfigured`, naming setting, value and origin.
    """
    path = _find_config_file(config_file, environ, directory or Path.cwd())
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    if path:
        in_file = _read_toml(path)
        values.update(in_file)
        origins.update(dict.fromkeys(in_file, str(path)))
    in_environment = _read_environment(environ)
    values.update(in_environment)
    origins.update({name: variable_of(name) for name in in_environment})
    on_command_line = {name: value for name, value in (overrides or {}).items() if value is not None}
    values.update(on_command_line)
    origins.update({name: f"--{name.replace('_', '-')}" for name in on_command_line})
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _misconfigured(error, origins) from None
    return Configuration(settings, origins, path)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"{ENVIRONMENT_PREFIX}{name.upper()}"


def find_unknown_variables(environ: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """SPANGLASS_* variables that look like a setting spelled wrong, each with the nearest right one.

    Only near misses: the SDK and other tools have variables of their own with the same prefix.
    """
    known = {variable_of(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(name for name in environ if name.startswith(ENVIRONMENT_PREFIX) and name not in known)
    nearest = ((name, difflib.get_close_matches(name, known, n=1, cutoff=0.85)) for name in unknown)
    return [(name, matches[0]) for name, matches in nearest if matches]


def _find_config_file(given: Path | None, environ: Mapping[str, str], directory: Path) -> Path | None:
    named = given or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        implied = directory / CONFIG_FILE_NAME
        return implied if implied.is_file() else None
    if not named.is_file():
        origin = "--config" if given else CONFIG_VARIABLE
        raise Misconfigured(
            f"there is no configuration file {named} (from {origin})", hint="name an existing TOML file"
        )
    return named


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}", hint="see docs/configuration.md") from None
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    for name in values:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)
            raise Misconfigured(f"{path}: there is no setting '{name}'", hint=f"did you mean '{near[0]}'?")
    return values


def _read_environment(environ: Mapping[str, str]) -> Mapping[str, object]:
    """An empty variable counts as unset: compose files pass on variables that nobody set."""
    variables = {name: variable_of(name) for name in Settings.model_fields}
    return {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}


def _checked_url(value: str, *, schemes: Sequence[str]) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        raise ValueError(f"should start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if parts.scheme != "sqlite" and not parts.hostname:
        raise ValueError("names no host")
    return value


def _misconfigured(error: ValidationError, origins: Mapping[str, str]) -> Misconfigured:
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)
        return Misconfigured(f"there is no setting '{name}'", hint=f"did you mean '{near[0]}'?")
    reason = first["msg"].removeprefix("Value error, ")
    shown = "(hidden)" if not Settings.model_fields[name].repr else repr(first["input"])
    description = Settings.model_fields[name].description or ""
    return Misconfigured(
        f"{name} = {shown} (from {origins.get(name, 'the default')}): {reason[:1].lower()}{reason[1:]}",
        hint=description[:1].lower() + description[1:].rstrip("."),
    )
