"""The built web app, from memory: index.html for every path a person may open, its files for ever."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from spanglass_server.web.asgi import Header, Receive, Scope, Send, accepts_gzip, header, respond

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Styles inline because the component library sets them; scripts only from files of ours."""

SECURITY_HEADERS: Final[tuple[Header, ...]] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"
_GZIP_BYTES_MIN: Final = 1024

_MACHINE_PATHS: Final = ("/assets/", "/api/", "/v1/", "/metrics/", "/prometheus/")
_PAGES: Final = {"/api/docs": "/api-docs.html"}
"""Pages beside the app's own."""

_ID_PAGES: Final = ("/sessions/", "/users/")
"""Followed by what an application chose: a dot in it ends no file's name."""
_PUBLIC_PAGES: Final = "/p/"
"""Shown to whoever has the address: not for search engines to find."""

NOT_BUILT_PAGE: Final = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Spanglass</title></head>
<body><h1>The web app is not built</h1>
<p>The server runs: telemetry is accepted at <code>/v1/traces</code>, the API answers under
<code>/api/v1</code>.</p>
<p>In a checkout, build the app with <code>make ui</code> and start the server again. An installed package has
it built already.</p></body></html>
"""


class _File(NamedTuple):
    body: bytes
    compressed: bytes
    """Empty where compression does not pay."""
    content_type: bytes
    etag: bytes
    cache_control: bytes


class StaticSite:
    """An ASGI application for everything that no other path takes."""

    def __init__(self, root: Path) -> None:
        self._files = _read(root)
        self._index = self._files.get("/index.html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await _respond_plain(send, 405, b"method not allowed\n", ((b"allow", b"GET, HEAD"),))
            return
        file = self._files.get(_PAGES.get(path, path))
        if file is None and path not in _PAGES and not _is_client_route(path):
            await _respond_plain(send, 404, b"not found\n")
            return
        file = file or self._index
        if file is None:
            headers = ((b"cache-control", b"no-store"), *SECURITY_HEADERS)
            await respond(send, 200, NOT_BUILT_PAGE, b"text/html; charset=utf-8", headers)
            return
        await _respond_file(scope, send, file)


def _is_client_route(path: str) -> bool:
    """Views have URLs without a file's ending; a missing script must not be answered with a page, nor a
    program that looks for something else."""
    if path.startswith(_ID_PAGES):
        return True
    return not f"{path}/".startswith(_MACHINE_PATHS) and "." not in path.rpartition("/")[2]


async def _respond_file(scope: Scope, send: Send, file: _File) -> None:
    headers = [
        (b"cache-control", file.cache_control),
        (b"etag", file.etag),
        (b"vary", b"accept-encoding"),
        *SECURITY_HEADERS,
    ]
    if scope["path"].startswith(_PUBLIC_PAGES):
        headers.append((b"x-robots-tag", b"noindex, nofollow"))
    if header(scope, b"if-none-match") == file.etag.decode():
        await respond(send, 304, b"", file.content_type, headers)
        return
    body = file.body
    if file.compressed and accepts_gzip(scope):
        body = file.compressed
        headers.append((b"content-encoding", b"gzip"))
    await respond(send, 200, body, file.content_type, headers)


async def _respond_plain(send: Send, status: int, body: bytes, headers: tuple[Header, ...] = ()) -> None:
    await respond(send, status, body, b"text/plain; charset=utf-8", (*headers, *SECURITY_HEADERS))


def _read(root: Path) -> Mapping[str, _File]:
    """Every file by its URL path. A few megabytes, read once: no request's path ever reaches the disk."""
    paths = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
    return {f"/{path.relative_to(root).as_posix()}": _read_file(path, root) for path in paths}


def _read_file(path: Path, root: Path) -> _File:
    body = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = content_type.startswith("text/") or content_type.endswith(("javascript", "json", "svg+xml"))
    compressed = gzip.compress(body, 6, mtime=0) if is_text and len(body) >= _GZIP_BYTES_MIN else b""
    if is_text:
        content_type += "; charset=utf-8"
    is_hashed = path.relative_to(root).parts[0] == "assets"
    return _File(
        body,
        compressed,
        content_type.encode(),
        f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode(),
        _IMMUTABLE if is_hashed else b"no-cache",
    )
