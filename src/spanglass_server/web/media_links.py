"""URLs to a medium's content that work without a key for a while: what an upload and a picture need.

A URL names project, medium and the second it expires at, signed for one method with the medium's own random
key. So any server on the same database honours it, and it is void once the medium is deleted.
"""

import base64
import hashlib
import hmac
import re
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Request

from spanglass_server.base.errors import NotAllowed
from spanglass_server.store.library import Media

_UPLOAD_S: Final = 15 * 60
_DOWNLOAD_S: Final = 60 * 60
_SECOND_NS: Final = 1_000_000_000
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


class MediaLink(NamedTuple):
    url: str
    expires_at_ns: int


class MediaLinks:
    """Links of one project. `base` is where the caller reaches this server, `base_url(request)`; empty makes
    them paths, which a page of this server follows."""

    def __init__(self, base: str, project_id: str, now_ns: int) -> None:
        self._base = base
        self._project_id = project_id
        self._now_s = now_ns // _SECOND_NS

    def upload(self, media: Media) -> MediaLink:
        return self._link(media, "PUT", self._now_s + _UPLOAD_S)

    def download(self, media: Media) -> MediaLink:
        return self._link(media, "GET", self._now_s + _DOWNLOAD_S)

    def _link(self, media: Media, method: str, expires_s: int) -> MediaLink:
        query = {
            "project": self._project_id,
            "expires": str(expires_s),
            "signature": _sign(media, method, self._project_id, expires_s),
        }
        url = f"{self._base}/api/public/media/{quote(media.id)}/content?{urlencode(query)}"
        return MediaLink(url, expires_s * _SECOND_NS)


def check_link(
    media: Media | None, *, method: str, project_id: str, expires: str, signature: str, now_ns: int
) -> Media:
    """The medium; NotAllowed (403) where the URL is not one of ours, or no longer."""
    is_ours = (
        media is not None
        and expires.isdecimal()
        and len(expires) <= 12
        and hmac.compare_digest(
            _sign(media, method, project_id, int(expires)).encode(), signature.encode("utf-8", "replace")
        )
    )
    if media is None or not is_ours:
        raise NotAllowed("this URL is not valid", hint="ask for the media again", is_authenticated=True)
    if int(expires) * _SECOND_NS < now_ns:
        raise NotAllowed("this URL has expired", hint="ask for the media again", is_authenticated=True)
    return media


def base_url(request: Request) -> str:
    """Where the caller reached this server: what a proxy says in X-Forwarded-*, else the Host header. What
    a caller makes up there only leads its own links astray."""
    headers = request.headers
    scheme = _first(headers.get("x-forwarded-proto", "")).lower()
    host = _first(headers.get("x-forwarded-host", "")) or headers.get("host", "")
    prefix = _first(headers.get("x-forwarded-prefix", ""))
    if not _HOST.fullmatch(host):
        server = request.scope.get("server") or ("localhost", None)
        host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
    if scheme not in ("http", "https"):
        scheme = request.url.scheme
    return f"{scheme}://{host}{prefix.rstrip('/') if _PREFIX.fullmatch(prefix) else ''}"


def _first(value: str) -> str:
    """Of a header that each proxy on the way may have added to."""
    return value.partition(",")[0].strip()


def _sign(media: Media, method: str, project_id: str, expires_s: int) -> str:
    text = f"{method}\n{project_id}\n{media.id}\n{expires_s}"
    digest = hmac.digest(media.signing_key, text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
