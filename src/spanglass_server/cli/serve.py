"""`spanglass serve`: everything in one process."""

import os
from pathlib import Path
from typing import Annotated

import typer

HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on. (default 127.0.0.1)")]
PortOption = Annotated[
    int | None, typer.Option("--port", help="Port of the web app, the API and OTLP/HTTP. (default 4318)")
]
GrpcPortOption = Annotated[
    int | None, typer.Option("--grpc-port", help="Port of OTLP/gRPC; 0 turns it off. (default 4317)")
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the embedded storage.", file_okay=False)
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.")]


def serve(
    *,
    host: HostOption = None,
    port: PortOption = None,
    grpc_port: GrpcPortOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """Start the server: OTLP in, web app and API out, storage embedded.

    Prints the URL when it is ready. Stops cleanly on Ctrl-C and SIGTERM: everything acknowledged is stored.
    """
    from spanglass_server.app.server import run_server
    from spanglass_server.app.settings import load_settings

    overrides = {"host": host, "port": port, "grpc_port": grpc_port, "data_dir": data_dir}
    settings = load_settings(overrides, environ=os.environ, config_file=config)
    run_server(settings, on_ready=announce)


def announce(url: str, setup_link: str) -> None:
    """The one line on stdout, at once even into a pipe: scripts wait for it. Where people sign in, a server
    that knows nobody yet has a second one: the link for the first person."""
    print(f"Spanglass is ready at {url}", flush=True)  # noqa: T201 - the command's output
    if setup_link:
        print(f"Make the first account at {setup_link}", flush=True)  # noqa: T201 - the command's output
