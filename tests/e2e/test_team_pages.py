"""A team in real browsers: the first account, a key, a teammate who is let in, may little, and is let out."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import STATIC, Project, missing
from tests.e2e.telemetry import SECOND, Ask, traces_body
from tests.support.spanglass_process import free_port

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
PASSWORD = "four words nobody says"
OTHER_PASSWORD = "four other words instead"
START_SECONDS_MAX = 60.0


class GuardedServer:
    """`spanglass serve` that asks who is there, not set up yet."""

    def __init__(self, directory: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._data_dir = directory / "data"
        self._log = (directory / "server.log").open("w+")
        command = [sys.executable, "-m", "spanglass_server.cli", "serve", "--grpc-port", "0"]
        options = ["--port", self.url.rpartition(":")[2], "--data-dir", str(self._data_dir)]
        environment = {**os.environ, "SPANGLASS_AUTH": "required"}
        self._process = subprocess.Popen(
            command + options, stdout=self._log, stderr=self._log, env=environment
        )
        self.setup_link = self._await_link()

    def _await_link(self) -> str:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(r"\S+/setup#token=\S+", Path(self._log.name).read_text())
            if found:
                return found[0]
            time.sleep(0.1)
        pytest.fail(f"no link to set up:\n{Path(self._log.name).read_text()[-4000:]}")

    def add_person(self, email: str, password: str, open_page: OpenPage) -> None:
        """An admin made on the command line, who chooses a password by the link that it prints."""
        options = ["--name", email.partition("@")[0], "--data-dir", str(self._data_dir), "--json"]
        command = [sys.executable, "-m", "spanglass_server.cli", "users", "create", email, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        page = open_page(self.url + "/reset" + json.loads(done.stdout)["link"].partition("/reset")[2])
        page.get_by_label("New password").fill(password)
        page.get_by_role("button", name="Set a new password").click()
        expect(page.get_by_role("button", name="My account:")).to_be_visible()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)
        self._log.close()


@pytest.fixture(scope="module")
def server_url(guarded: GuardedServer) -> str:
    """Pages of this module may ask this server alone."""
    return guarded.url


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    if not (STATIC / "index.html").is_file():
        missing("the built web app", "run: make ui")
    server = GuardedServer(tmp_path_factory.mktemp("team"))
    yield server
    server.stop()


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label(re.compile("^Password")).fill(password)
    page.get_by_role("button", name="Sign in").click()


def status_of(page: Page, method: str, path: str) -> int:
    """What the server answers to a request as the web app sends it."""
    script = """([method, path]) => fetch(path, {
        method, headers: {"X-Requested-With": "XMLHttpRequest"}
    }).then((answer) => answer.status)"""
    status: int = page.evaluate(script, [method, path])
    return status


def test_a_team_comes_together_and_somebody_leaves(guarded: GuardedServer, open_page: OpenPage) -> None:
    # The first account, by the link that the server printed.
    page = open_page(guarded.url + "/traces")
    expect(page.get_by_role("heading", name="Nobody can sign in yet")).to_be_visible()
    page.goto(guarded.setup_link)
    page.get_by_label("Organization").fill("Shops")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label(re.compile("^Password")).fill(PASSWORD)
    page.get_by_role("button", name="Create").click()

    # A key, and a trace that is sent with it.
    page.get_by_role("button", name="New key").click()
    page.get_by_label("What is it for?").fill("checkout")
    page.get_by_role("button", name="Create").click()
    secret = page.get_by_text(re.compile(r"^sk-sg-[0-9a-f]{48}$")).inner_text()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_HEADERS")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("checkout")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    sender = Project(name="default", url=guarded.url, secret_key=secret)
    sender.post_traces(traces_body(Ask(key="team-0", start_ns=time.time_ns() - 60 * SECOND)))
    page.get_by_role("link", name="Traces", exact=True).click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()

    # A teammate, invited as a viewer of this project, in another browser.
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail address").fill("ben@example.com")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_text(re.compile(r"/invitation#token=")).inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
    other = open_page(link)
    expect(other.get_by_role("heading", name="You are invited to Shops")).to_be_visible()
    other.get_by_label("Your name").fill("Ben")
    other.get_by_label(re.compile("^Password")).fill(OTHER_PASSWORD)
    other.get_by_role("button", name="Accept").click()
    expect(other.get_by_role("button", name="My account: Ben")).to_be_visible()

    # A viewer sees traces, and is not let change or read what is not theirs.
    other.get_by_role("link", name="Traces", exact=True).click()
    other.get_by_role("row").nth(1).click()
    expect(other).to_have_url(re.compile(r"/traces/[0-9a-f]{32}"))
    trace_id = re.search(r"/traces/([0-9a-f]{32})", other.url)
    assert trace_id is not None
    expect(other.get_by_role("button", name="Copy link")).to_be_visible()
    expect(other.get_by_role("button", name="Delete trace")).to_have_count(0)
    assert status_of(other, "DELETE", f"/api/v1/traces/{trace_id[1]}") == 403
    other.goto(guarded.url + "/settings")
    expect(other.get_by_role("button", name="Delete the project")).to_be_disabled()
    other.goto(guarded.url + "/settings/members")
    expect(other.get_by_text("This is for admins of the project")).to_be_visible()
    assert status_of(other, "GET", "/api/v1/keys") == 403

    # Out again: the next click leads to the door.
    page.reload()
    page.get_by_role("button", name="More about Ben").click()
    page.get_by_role("menuitem", name="Remove from this project").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("button", name="More about Ben")).to_have_count(1)
    page.get_by_role("button", name="More about Ben").click()
    page.get_by_role("menuitem", name="Delete the account").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("ben@example.com")).to_have_count(0)
    other.get_by_role("link", name="Traces", exact=True).click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()

    # All of it is written down.
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("combobox", name="Where").click()
    page.get_by_role("option", name="Everywhere").click()
    for action in ("key.create", "invitation.create", "invitation.accept", "member.remove"):
        expect(page.get_by_text(action, exact=True).first).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)


def test_whoever_signs_in_comes_back_to_where_they_were(guarded: GuardedServer, open_page: OpenPage) -> None:
    guarded.add_person("cleo@example.com", PASSWORD, open_page)
    page = open_page(guarded.url + "/logs?filter=severity:error")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "cleo@example.com", "not the password at all")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, "cleo@example.com", PASSWORD)
    expect(page).to_have_url(guarded.url + "/logs?filter=severity:error")
    page.get_by_role("button", name="My account: cleo").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(guarded.url + "/login?next=//evil.example/x&error=not_invited")
    expect(page.get_by_text("Nobody has invited this e-mail address")).to_be_visible()
    sign_in(page, "cleo@example.com", PASSWORD)
    expect(page).to_have_url(re.compile(re.escape(guarded.url) + r"/overview"))


def test_a_password_is_changed_and_other_browsers_are_signed_out(
    guarded: GuardedServer, open_page: OpenPage
) -> None:
    guarded.add_person("dora@example.com", PASSWORD, open_page)
    first, second = (open_page(f"{guarded.url}/login?next=/settings/account") for _ in range(2))
    for page in (first, second):
        sign_in(page, "dora@example.com", PASSWORD)
        expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    first.get_by_label("Old password").fill(PASSWORD)
    first.get_by_label("New password").fill(OTHER_PASSWORD)
    first.get_by_role("button", name="Change the password").click()
    expect(first.get_by_text("The password is changed.")).to_be_visible()
    second.get_by_role("link", name="Traces", exact=True).click()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
