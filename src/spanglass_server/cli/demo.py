"""`spanglass demo`: a server, and a small application whose traces it shows."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Annotated, Final, TypedDict, cast
from urllib.parse import urlsplit

import typer

from spanglass_server.base.errors import BadInput, Misconfigured, StorageUnavailable
from spanglass_server.cli.output import settings_from
from spanglass_server.cli.probe import request, server_url
from spanglass_server.cli.serve import (
    ConfigOption,
    DataDirOption,
    GrpcPortOption,
    HostOption,
    PortOption,
    announce,
)
from spanglass_server.cli.stores import opened_directory
from spanglass_server.store.directory import DEFAULT_PROJECT, Scope

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings

_STOP_S_MAX: Final = 15.0
_NEEDED: Final = ("spanglass_examples", "anthropic", "openai", "openinference", "httpx2")


def demo(
    *,
    host: HostOption = None,
    port: PortOption = None,
    grpc_port: GrpcPortOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Send to a running server instead of starting one.")
    ] = False,
    endpoint: Annotated[
        str, typer.Option(help="With --no-serve: URL of the server.")
    ] = "http://127.0.0.1:4318",
    api_key: Annotated[
        str,
        typer.Option(
            envvar="SPANGLASS_API_KEY", help="Secret key to send with; its project gets the traces."
        ),
    ] = "",
    rate: Annotated[
        float, typer.Option(min=0.01, max=50, help="Live requests a second, on average over a day.")
    ] = 1.0,
    history_hours: Annotated[
        float, typer.Option(min=0, max=168, help="Hours of history to send first; 0 for none.")
    ] = 24.0,
    seed: Annotated[int, typer.Option(help="Same seed, same people and questions.")] = 1,
    incident: Annotated[
        str, typer.Option(help="Stay in this incident of docs/demo.md, to watch an alert fire.")
    ] = "",
) -> None:
    """Start a server and watch live traces of a small RAG application.

    The application is real, its models are imitated on this machine: nothing leaves it, no key is needed.
    docs/demo.md says what it does, and which incidents happen when.
    """
    _require_modules()
    options: Options = {
        "rate": rate,
        "history_hours": history_hours,
        "seed": seed,
        "api_key": api_key,
        "incident": _known(incident),
    }
    if no_serve:
        _send_to(endpoint.rstrip("/"), options)
        return
    overrides = {"host": host, "port": port, "grpc_port": grpc_port, "data_dir": data_dir}
    settings = settings_from(config, **overrides)
    with _key_where_required(settings, options), _application(options) as tell_endpoint:
        from spanglass_server.app.server import run_server

        def on_ready(url: str, setup_link: str) -> None:
            announce(url, setup_link)
            tell_endpoint(server_url(settings, port=urlsplit(url).port))

        run_server(settings, on_ready=on_ready)


class Options(TypedDict):
    """`spanglass_examples.rag_service.run.Options`, as JSON."""

    rate: float
    history_hours: float
    seed: int
    api_key: str
    incident: str


def _known(incident: str) -> str:
    from spanglass_examples.rag_service.incidents import INCIDENTS

    names = [one.name for one in INCIDENTS]
    if incident and incident not in names:
        raise BadInput(f"there is no incident {incident!r}", hint=f"one of {', '.join(names)}")
    return incident


def _require_modules() -> None:
    for name in _NEEDED:
        if find_spec(name) is None:
            raise Misconfigured(
                f"the demo needs {name}, which is not installed", hint='pip install "spanglass[demo]"'
            )


def _send_to(endpoint: str, options: Options) -> None:
    """In this process, until a signal."""
    from spanglass_examples.rag_service.run import Options as RunOptions
    from spanglass_examples.rag_service.run import SendingError, run

    answer = request(f"{endpoint}/readyz")
    if answer is None or answer.status != 200:
        raise StorageUnavailable(
            f"no server is ready at {endpoint}", hint="start one with 'spanglass serve', or name --endpoint"
        )
    typer.echo(f"Spanglass demo sends to {endpoint}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(
            RunOptions(**options),
            find_endpoint=lambda: endpoint,
            stop=stop,
            say=lambda line: typer.echo(f"demo: {line}", err=True),
        )
    except SendingError as error:
        raise StorageUnavailable(str(error), hint="see the server's log, or give --api-key") from error


@contextmanager
def _key_where_required(settings: "Settings", options: Options) -> Iterator[None]:
    """A key for as long as the demo runs, where its own server asks for one."""
    if settings.auth_mode == "off" or options["api_key"]:
        yield
        return
    with opened_directory(settings) as directory:
        scopes: frozenset[Scope] = frozenset({"ingest", "read", "admin"})
        key = directory.create_key(DEFAULT_PROJECT, scopes=scopes, note="spanglass demo")
        options["api_key"] = key.secret_key
        try:
            yield
        finally:
            directory.revoke_key(key.info.public_key)


@contextmanager
def _application(options: Options) -> Iterator[Callable[[str], None]]:
    """The application in a process of its own, which is told the server's URL when there is one. It takes its
    orders from its standard input and ends when that is closed, so it cannot outlive this process."""
    command = [sys.executable, "-m", "spanglass_examples.rag_service"]
    # A session of its own: Ctrl-C is for the server, which stops everything in order.
    with subprocess.Popen(  # noqa: S603 -- our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        orders = cast("IO[str]", process.stdin)

        def tell(line: str) -> None:
            # An application that is gone has said why on standard error; the server goes on without it.
            with suppress(BrokenPipeError):
                orders.write(line + "\n")
                orders.flush()

        try:
            tell(json.dumps(options))
            yield tell
        finally:
            with suppress(BrokenPipeError):
                orders.close()
            _wait_for(process)


def _wait_for(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
