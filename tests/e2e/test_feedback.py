"""A page of another origin, in a real browser, with the button of docs/scores.md."""

import functools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tests.e2e.conftest import Project

pytestmark = pytest.mark.e2e

GUIDE = Path(__file__).parents[2] / "docs" / "scores.md"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def public_key(project: Project, server_data: Path) -> str:
    options = ["--project", project.name, "--data-dir", str(server_data / "data"), "--json"]
    command = [sys.executable, "-m", "spanglass_server.cli", "keys", "create", *options]
    made = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return str(made["public_key"])


@pytest.fixture
def page(browser: Browser, tmp_path: Path, project: Project, public_key: str) -> Iterator[Page]:
    """The guide's page, served by another port under another name than the server's."""
    (snippet,) = re.findall(r"```html\n(.*?)```", GUIDE.read_text(), re.S)
    for before, after in (
        ("https://spanglass.example.com", project.url),
        ("pk-sg-...", public_key),
        ('traceId = "..."', f'traceId = "{TRACE_ID}"'),
    ):
        assert snippet.count(before) == 1
        snippet = snippet.replace(before, after)
    (tmp_path / "index.html").write_text(f"<!doctype html><meta charset=utf-8>{snippet}")
    serve = functools.partial(_Quiet, directory=str(tmp_path))
    site = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    context = browser.new_context()
    context.set_default_timeout(60_000)
    opened = context.new_page()
    opened.goto(f"http://localhost:{site.server_port}/index.html")
    assert urlsplit(opened.url).hostname != urlsplit(project.url).hostname
    yield opened
    context.close()
    site.shutdown()
    thread.join()
    site.server_close()


def given(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.get("/scores", trace_id=TRACE_ID)["items"]
    return found


def click(page: Page, thumb: str) -> None:
    with page.expect_response(re.compile("/api/v1/scores$")) as answered:
        page.get_by_role("button", name=thumb).click()
    assert answered.value.status == 200


def test_a_user_of_another_site_gives_a_thumb_and_changes_their_mind(page: Page, project: Project) -> None:
    click(page, "👍")
    (score,) = given(project)
    assert (score["name"], score["value"], score["source"]) == ("helpful", True, "api")
    assert score["is_public"] is True

    click(page, "👎")
    (score,) = given(project)
    assert score["value"] is False


def test_the_page_can_do_nothing_else(page: Page, project: Project, public_key: str) -> None:
    outcome = page.evaluate(
        """async ([server, key]) => {
            const told = [];
            for (const [path, method] of [
                ["/api/v1/traces", "GET"], ["/api/v1/scores", "GET"], ["/api/v1/scores/s1", "DELETE"],
                ["/api/v1/score-configs", "POST"], ["/v1/traces", "POST"],
            ]) {
                try {
                    const headers = {Authorization: `Bearer ${key}`, "Content-Type": "application/json"};
                    const answer = await fetch(server + path, {method, headers});
                    told.push(`${path}: ${answer.status}`);
                } catch (error) {
                    told.push(error.name);
                }
            }
            return told;
        }""",
        [project.url, public_key],
    )
    assert outcome == ["TypeError"] * 5
