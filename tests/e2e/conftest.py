"""A real server process and a real browser for all end-to-end tests; every test has a project of its own.

Chromium is Debian's. Where it is missing the tests skip with the reason, and fail under CI=true.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

STATIC = Path(__file__).parents[2] / "src" / "spanglass_server" / "web" / "static"
START_SECONDS_MAX = 60.0
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]


def missing(what: str, remedy: str) -> None:
    message = f"{what} is missing; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A tenant of the running server, made for one test."""

    name: str
    url: str
    secret_key: str

    def post_traces(self, body: bytes) -> None:
        """Sends an OTLP request in protobuf. It is stored when this returns."""
        self._post("/v1/traces", body)

    def post_logs(self, body: bytes) -> None:
        self._post("/v1/logs", body)

    def post_scores(self, *scores: dict[str, Any]) -> None:
        self._post("/api/v1/scores", json.dumps(scores).encode(), "application/json")

    def _post(self, path: str, body: bytes, content_type: str = "application/x-protobuf") -> None:
        headers = {
            "Content-Type": content_type,
            "Authorization": f"Bearer {self.secret_key}",
        }
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def get(self, path: str, **query: str | int) -> Any:
        """The API's answer, as JSON."""
        with urllib.request.urlopen(f"{self.url}/api/v1{path}?{self._query(query)}", timeout=30) as answer:
            return json.load(answer)

    def page_url(self, path: str, **query: str | int) -> str:
        """Where a person finds a page of this project."""
        return f"{self.url}{path}?{self._query(query)}"

    def _query(self, query: dict[str, str | int]) -> str:
        return urlencode({"project": self.name, **query})


@dataclass(slots=True)
class Watched:
    """What no page may do, whatever the telemetry says."""

    problems: list[str] = field(default_factory=list)
    own_origin: str = ""

    def watch(self, page: Page) -> None:
        page.on(
            "dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("request", lambda request: self._check_request(request.url))
        page.on("console", lambda message: self._check_console(message.text))

    def _check_request(self, url: str) -> None:
        if not url.startswith((self.own_origin, "data:", "blob:", "about:")):
            self.problems.append(f"request to elsewhere: {url}")

    def _check_console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.problems.append(f"refused by policy: {text}")


@pytest.fixture(scope="session")
def server_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="session")
def server_url(server_data: Path) -> Iterator[str]:
    """The URL of `spanglass serve` on a free port, with the web app built and empty storage."""
    if not (STATIC / "index.html").is_file():
        missing("the built web app", "run: make ui")
    url = f"http://127.0.0.1:{_free_port()}"
    log = (server_data / "server.log").open("w+")
    command = [sys.executable, "-m", "spanglass_server.cli", "serve"]
    options = ["--port", url.rpartition(":")[2], "--grpc-port", "0", "--data-dir", str(server_data / "data")]
    process = subprocess.Popen(command + options, stdout=log, stderr=log)
    try:
        _wait_until_ready(url, process, log.name)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url + "/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{Path(log).read_text()[-4000:]}")


@pytest.fixture(scope="session")
def new_project(server_url: str) -> Callable[[], Project]:
    """Makes a project with a key, empty."""
    numbers = itertools.count(1)

    def post(path: str, body: object) -> Any:
        request = urllib.request.Request(
            f"{server_url}/api/v1{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def make() -> Project:
        name = f"e2e-{next(numbers)}"
        post("/projects", {"name": name})
        key = post(f"/keys?project={name}", {"scopes": ["ingest", "read", "admin"], "note": ""})
        return Project(name=name, url=server_url, secret_key=key["secret_key"])

    return make


@pytest.fixture
def project(new_project: Callable[[], Project]) -> Project:
    """A project of the test's own."""
    return new_project()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        missing("Chromium", "on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, server_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a URL in a fresh browser profile: `open_page(url, locale="ko", color_scheme="dark")`.

    A test fails in the end if one of its pages opened a dialog, threw, asked another host or broke the
    content security policy.
    """
    watched = Watched(own_origin=server_url)
    contexts: list[BrowserContext] = []

    def open_one(url: str, **options: Any) -> Page:
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options}
        context = browser.new_context(**settings)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watched.watch(page)
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert watched.problems == []
