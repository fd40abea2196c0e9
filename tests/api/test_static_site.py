"""The web app's files as a browser gets them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.otlp_server import OtlpServer


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><div id=root></div>")
    (root / "favicon.svg").write_text("<svg/>")
    (root / "assets" / "index-Abc123.js").write_text("console.log('한글');" * 100)
    return root


@pytest.fixture
def client(tmp_path: Path, site: Path) -> Iterator[httpx.Client]:
    server = OtlpServer(tmp_path, static_root=site)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client
    server.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/traces",
        "/traces/0af7651916cd43dd8448eb211c80319c",
        "/settings/keys",
        "/users/somebody@example.com",
        "/sessions/chat-1.2",
    ],
)
def test_every_view_is_the_web_app(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert "id=root" in response.text


def test_search_engines_leave_public_pages_alone(client: httpx.Client) -> None:
    assert client.get("/p/some-token").headers["x-robots-tag"] == "noindex, nofollow"
    assert "x-robots-tag" not in client.get("/traces").headers


def test_scripts_come_from_here_and_nowhere_else(client: httpx.Client) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", "")
    assert client.get("/").headers["x-content-type-options"] == "nosniff"


def test_hashed_files_are_kept_for_ever_and_compressed(client: httpx.Client) -> None:
    response = client.get("/assets/index-Abc123.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["content-encoding"] == "gzip"
    assert response.text == "console.log('한글');" * 100
    plain = client.get("/assets/index-Abc123.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == response.text


def test_a_page_that_did_not_change_is_not_sent_again(client: httpx.Client) -> None:
    etag = client.get("/").headers["etag"]
    response = client.get("/", headers={"if-none-match": etag})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/robots.txt",
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd.txt",
        "/metrics/more",
        "/v1/other",
    ],
)
def test_a_missing_file_is_not_answered_with_a_page(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_other_methods_are_refused(client: httpx.Client) -> None:
    assert client.post("/").status_code == 405
    assert client.head("/").status_code == 200


def test_without_a_built_app_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path)
    try:
        response = httpx.get(f"{server.url}/")
        assert response.status_code == 200
        assert "make ui" in response.text
    finally:
        server.close()
