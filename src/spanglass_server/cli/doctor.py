"""`spanglass doctor`: looks at everything a server needs, and says what to fix."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import typer

from spanglass_server.base.errors import Misconfigured, SpanglassError
from spanglass_server.base.limits import FREE_DISK_BYTES_MIN
from spanglass_server.cli.output import ConfigOption, DataDirOption, JsonOption, print_json

if TYPE_CHECKING:
    from spanglass_server.app.settings import Configuration, Settings

_DISK_LOW_BYTES: Final = 2 << 30
_CLOCK_SKEW_S_MAX: Final = 5.0
_YEAR_2025_S: Final = 1_735_689_600

State = Literal["ok", "warning", "failure"]


class Finding(NamedTuple):
    check: str
    state: State
    message: str
    fix: str = ""


def doctor(
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    port: Annotated[int | None, typer.Option(help="Port of the server to look at.")] = None,
) -> None:
    """Check configuration, storage, ports, clock and exporter. Exit status 1 when something is broken."""
    findings = list(_examine(config, data_dir=data_dir, port=port))
    broken = any(finding.state == "failure" for finding in findings)
    if as_json:
        print_json({"ok": not broken, "findings": [finding._asdict() for finding in findings]})
    else:
        _print_findings(findings)
    if broken:
        sys.exit(1)


def _examine(config: Path | None, **overrides: object) -> Iterator[Finding]:
    from spanglass_server.app.settings import load_configuration

    try:
        configuration = load_configuration(overrides, environ=os.environ, config_file=config)
    except Misconfigured as error:
        yield Finding("configuration", "failure", error.message, error.hint)
        return
    yield from _check_configuration(configuration)
    settings = configuration.settings
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _check_rule_files,
        _check_clock,
        _check_data_dir,
        _check_span_storage,
        _check_metadata,
        _check_http_port,
        _check_grpc_port,
        _check_exporter,
    )
    for check in checks:
        yield from check(settings)


def _check_configuration(configuration: "Configuration") -> Iterator[Finding]:
    from spanglass_server.app.settings import find_unknown_variables

    for name, nearest in find_unknown_variables(os.environ):
        yield Finding("configuration", "warning", f"{name} is no setting", f"did you mean {nearest}?")
    origins = sorted(configuration.origins.items())
    told = ", ".join(f"{name} from {origin}" for name, origin in origins) or "all defaults"
    yield Finding("configuration", "ok", told)
    price_file = configuration.settings.price_file
    if price_file is not None and not price_file.is_file():
        yield Finding(
            "price file", "failure", f"there is no file {price_file}", "correct or unset SPANGLASS_PRICE_FILE"
        )


def _check_rule_files(settings: "Settings") -> Iterator[Finding]:
    from spanglass_server.app.rules import to_rule_path
    from spanglass_server.rules.files import RuleFileInvalid, parse_rule_file
    from spanglass_server.rules.sources import find_rule_files

    for entry in settings.rule_files:
        files = find_rule_files(to_rule_path(entry).pattern)
        if not files:
            yield Finding("rule files", "warning", f"no file matches {entry}", "see SPANGLASS_RULE_FILES")
        for file in files:
            try:
                rules = parse_rule_file(file.read_text(encoding="utf-8"), name=str(file))
            except RuleFileInvalid as error:
                yield Finding("rule files", "failure", error.message, error.hint)
            except (OSError, UnicodeDecodeError) as problem:
                reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
                yield Finding(
                    "rule files", "failure", f"cannot read {file}: {reason}", "see SPANGLASS_RULE_FILES"
                )
            else:
                yield Finding("rule files", "ok", f"{file}: {sum(len(g.rules) for g in rules.groups)} rules")


def _check_clock(settings: "Settings") -> Iterator[Finding]:
    """Spans are placed by time: a clock that is off hides new ones outside the window people look at."""
    fix = "switch on time synchronization (on systemd: timedatectl set-ntp true)"
    now_s = time.time()
    if now_s < _YEAR_2025_S:
        yield Finding("clock", "failure", f"the clock says {time.strftime('%Y-%m-%d', time.gmtime())}", fix)
        return
    from spanglass_server.cli.probe import request_date_s, server_url

    server_s = request_date_s(server_url(settings))
    if server_s is not None and abs(server_s - now_s) > _CLOCK_SKEW_S_MAX:
        yield Finding(
            "clock", "warning", f"this clock and the server's differ by {abs(server_s - now_s):.0f} s", fix
        )
    else:
        yield Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s)))


def _check_data_dir(settings: "Settings") -> Iterator[Finding]:
    directory = settings.data_dir
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "data directory",
            "failure",
            f"{existing} cannot be written to by this user",
            f"choose another with --data-dir, or give this user the right: chown -R $USER {existing}",
        )
        return
    free_bytes = shutil.disk_usage(existing).free
    free = f"{free_bytes / (1 << 30):.1f} GiB free on the disk of {directory}"
    more_space = (
        "free some space, move it with --data-dir, or keep less: spanglass projects retention NAME DAYS"
    )
    if free_bytes < FREE_DISK_BYTES_MIN:
        yield Finding("data directory", "failure", f"only {free}", more_space)
    elif free_bytes < _DISK_LOW_BYTES:
        yield Finding("data directory", "warning", f"only {free}", more_space)
    else:
        yield Finding("data directory", "ok", free)


def _check_span_storage(settings: "Settings") -> Iterator[Finding]:
    if settings.clickhouse_url:
        yield _check_clickhouse_server(settings.clickhouse_url)
        return
    try:
        import chdb
    except ImportError as error:
        yield Finding(
            "embedded ClickHouse",
            "failure",
            f"chdb cannot be imported: {error}",
            'install it with: pip install "spanglass[server]" (Linux and macOS, x86-64 or arm64)',
        )
    else:
        yield Finding("embedded ClickHouse", "ok", f"chdb {chdb.__version__}")


def _check_clickhouse_server(url: str) -> Finding:
    from spanglass_server.cli.probe import request

    parts = urlsplit(url)
    is_tls = parts.scheme in ("clickhouses", "https")
    address = f"{parts.hostname}:{parts.port or (8443 if is_tls else 8123)}"
    answer = request(f"{'https' if is_tls else 'http'}://{address}/ping")
    if answer is None or answer.status != 200:
        return Finding(
            "ClickHouse server",
            "failure",
            f"{address} does not answer a ping",
            "start it, or correct SPANGLASS_CLICKHOUSE_URL (it takes the HTTP port, usually 8123)",
        )
    return Finding("ClickHouse server", "ok", f"{address} answers")


def _check_metadata(settings: "Settings") -> Iterator[Finding]:
    if not settings.database_url and not (settings.data_dir / "metadata.db").exists():
        yield Finding("metadata", "ok", "SQLite, made at the first start")
        return
    from spanglass_server.cli.stores import opened_directory

    try:
        with opened_directory(settings) as directory:
            count = len(directory.list_projects())
    except SpanglassError as error:
        yield Finding(
            "metadata",
            "failure",
            f"{error.message}: {error.hint}",
            "start the database, or correct SPANGLASS_DATABASE_URL",
        )
    else:
        kind = "PostgreSQL" if settings.database_url.startswith("postgres") else "SQLite"
        yield Finding("metadata", "ok", f"{kind}, {count} project{'s' if count != 1 else ''}")


def _check_http_port(settings: "Settings") -> Iterator[Finding]:
    from spanglass_server.cli.probe import is_spanglass, request, server_url

    name, url = f"port {settings.port}", server_url(settings)
    reason = _why_not_bindable(settings.host, settings.port)
    if not reason:
        yield Finding(name, "ok", "free: no server is running")
    elif is_spanglass(url):
        ready = request(f"{url}/readyz")
        if ready is not None and ready.status == 200:
            yield Finding(name, "ok", f"Spanglass is running: {url}")
        else:
            yield Finding(
                name, "failure", f"the Spanglass at {url} is not ready", "read its log: storage may be down"
            )
    else:
        yield Finding(
            name,
            "failure",
            f"{settings.host}:{settings.port} cannot be listened on: {reason}",
            "stop what holds it (an OpenTelemetry Collector?), or choose another with --port",
        )


def _check_grpc_port(settings: "Settings") -> Iterator[Finding]:
    from spanglass_server.cli.probe import is_spanglass, server_url

    name = f"port {settings.grpc_port}"
    if settings.grpc_port == 0:
        yield Finding("OTLP/gRPC", "ok", "turned off")
        return
    reason = _why_not_bindable(settings.host, settings.grpc_port)
    if not reason:
        yield Finding(name, "ok", "free for OTLP/gRPC")
    elif is_spanglass(server_url(settings)):
        yield Finding(name, "ok", "OTLP/gRPC of the running Spanglass")
    else:
        yield Finding(
            name,
            "failure",
            f"{settings.host}:{settings.grpc_port} cannot be listened on: {reason}",
            "choose another with --grpc-port, or turn OTLP/gRPC off with --grpc-port 0",
        )


def _check_exporter(settings: "Settings") -> Iterator[Finding]:
    """Send an empty OTLP request to where an exporter with this environment would."""
    from spanglass_server.cli.probe import is_spanglass, request, server_url

    named = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    if not named and not is_spanglass(server_url(settings)):
        return
    endpoint = (named or server_url(settings)).rstrip("/")
    headers = dict(_exporter_headers(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")))
    answer = request(
        f"{endpoint}/v1/traces",
        method="POST",
        body=b"",
        headers={"Content-Type": "application/x-protobuf", **headers},
    )
    if answer is not None and answer.status == 200:
        yield Finding("exporter", "ok", f"{endpoint} accepts OTLP")
    elif answer is None:
        yield Finding(
            "exporter",
            "failure",
            f"nobody answers at {endpoint}",
            "start 'spanglass serve', or correct OTEL_EXPORTER_OTLP_ENDPOINT",
        )
    elif answer.status in (401, 403):
        yield Finding(
            "exporter",
            "warning",
            f"{endpoint} asks for a key that may send ({answer.status})",
            "spanglass keys create --project NAME, then set OTEL_EXPORTER_OTLP_HEADERS as it prints",
        )
    else:
        yield Finding(
            "exporter",
            "failure",
            f"{endpoint} answers {answer.status} to OTLP over HTTP",
            "point OTEL_EXPORTER_OTLP_ENDPOINT to the HTTP port, usually 4318",
        )


def _exporter_headers(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of OTEL_EXPORTER_OTLP_HEADERS (W3C Baggage's form)."""
    for pair in text.split(","):
        name, separator, value = pair.partition("=")
        if separator:
            yield name.strip(), unquote(value.strip())


def _why_not_bindable(host: str, port: int) -> str:
    """Empty when a server could listen there now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _print_findings(findings: list[Finding]) -> None:
    marks = {
        "ok": ("ok     ", typer.colors.GREEN),
        "warning": ("warning", typer.colors.YELLOW),
        "failure": ("failure", typer.colors.RED),
    }
    for finding in findings:
        mark, color = marks[finding.state]
        typer.secho(mark, fg=color, nl=False)
        typer.echo(f"  {finding.check}: {finding.message}")
        if finding.fix:
            typer.echo(f"         hint: {finding.fix}")
