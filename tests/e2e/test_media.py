"""Files that an SDK uploaded, on the trace page in a real browser."""

import base64
import hashlib
import json
import struct
import time
import urllib.request
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import Ask, traces_body

pytestmark = pytest.mark.e2e


def picture(width: int, height: int) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * width) * height
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def upload(project: Project, content: bytes, content_type: str) -> str:
    """The reference that stands in the payload."""
    body = {
        "traceId": "any",
        "contentType": content_type,
        "contentLength": len(content),
        "sha256Hash": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "field": "input",
    }
    headers = {"Authorization": f"Bearer {project.secret_key}", "Content-Type": "application/json"}
    told: dict[str, Any] = json.loads(
        _send("POST", f"{project.url}/api/public/media", json.dumps(body).encode(), headers)
    )
    _send("PUT", told["uploadUrl"], content, {"Content-Type": content_type})
    return f"@@@langfuseMedia:type={content_type}|id={told['mediaId']}|source=bytes@@@"


def _send(method: str, url: str, body: bytes, headers: dict[str, str]) -> bytes:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_pictures_are_shown_and_other_files_linked(project: Project, open_page: Callable[..., Page]) -> None:
    shown = upload(project, picture(64, 32), "image/png")
    page_file = upload(project, b"<script>alert(1)</script>", "text/html")
    missing = "@@@langfuseMedia:type=image/png|id=never-uploaded|source=bytes@@@"
    question = json.dumps({"look": [shown], "file": page_file, "gone": f"see {missing}"})
    ask = Ask(key="media", start_ns=time.time_ns() - 60_000_000_000, question=question)
    project.post_traces(traces_body(ask))
    page = open_page(project.page_url(f"/traces/{ask.trace_id}"))
    drawn = page.locator("img[src*='/api/public/media/']").first
    expect(drawn).to_be_visible()
    expect(drawn).to_have_js_property("naturalWidth", 64)
    expect(page.get_by_text("not stored").first).to_be_visible()
    link = page.get_by_role("link", name="text/html").first
    with page.expect_download() as download:
        link.evaluate("link => link.removeAttribute('target')")
        link.click()
    assert download.value.path().read_bytes() == b"<script>alert(1)</script>"
