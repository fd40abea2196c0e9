"""Media: files that payloads refer to. Announced, uploaded to a signed URL, looked up and downloaded.

Content comes from anyone who may send telemetry: what is served carries a type that a browser does not run,
or is offered as a download.
"""

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from spanglass_server.base.errors import BadInput, BodyTooLarge, Busy, MalformedBody, NotFound
from spanglass_server.base.limits import MEDIA_UPLOAD_S_MAX, MEDIA_UPLOADS_MAX, MEDIA_UPLOADS_WAITING_MAX
from spanglass_server.store.library import Media, NewMedia
from spanglass_server.web.api.traces import stored_id
from spanglass_server.web.callers import Reading, Serving, Writing
from spanglass_server.web.documents import Id, body_of, read_body
from spanglass_server.web.langfuse.documents import Document, json_response, time_text
from spanglass_server.web.media_links import MediaLinks, base_url, check_link
from spanglass_server.web.services import Services

log = structlog.get_logger(__name__)

ContentType = Annotated[
    str, StringConstraints(max_length=255, pattern=r"^[A-Za-z0-9.+-]{1,100}/[A-Za-z0-9.+-]{1,150}$")
]

_SHOWN: Final = frozenset({"application/pdf", "image/svg+xml", "text/plain"})
"""Besides pictures, sound and film; within a sandbox, all of them."""
_CHUNK_BYTES: Final = 256 << 10
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class MediaBody(Document):
    content_type: ContentType
    content_length: Annotated[int, Field(ge=1)]
    sha256_hash: str
    field: str = ""
    trace_id: Id | None = None
    observation_id: Id | None = None
    dataset_id: Id | None = None
    dataset_item_id: Id | None = None


class UploadBody(Document):
    upload_http_status: int | None = None
    upload_http_error: str | None = None
    upload_time_ms: int | None = None


class _UploadLane:
    """Files that arrive at the same time are held in memory: few at a time, the rest wait in the network."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MEDIA_UPLOADS_MAX)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._waiting >= MEDIA_UPLOADS_WAITING_MAX:
            raise Busy(f"{MEDIA_UPLOADS_WAITING_MAX} uploads are waiting already", hint="try again soon")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


def build_router() -> APIRouter:
    router = APIRouter()
    lane = _UploadLane()

    @router.put("/media/{media_id}/content")
    async def upload_media(
        request: Request,
        media: Annotated[Media, Depends(_linked_media)],
        services: Serving,
        project: Annotated[str, Query()],
    ) -> Response:
        async with lane.turn():
            content = await _receive(request, media)
            await run_in_threadpool(_store, services, project, media, content)
        return Response(status_code=200)

    router.add_api_route("/media/{media_id}/content", download_media, methods=["GET", "HEAD"])
    router.add_api_route("/media", announce_media, methods=["POST"])
    router.add_api_route("/media/{media_id}", get_media, methods=["GET"])
    router.add_api_route("/media/{media_id}", note_upload, methods=["PATCH"])
    return router


def announce_media(
    caller: Writing,
    services: Serving,
    request: Request,
    body: Annotated[MediaBody, Depends(body_of(MediaBody))],
) -> Response:
    """Where to send the file. No URL where it is stored already, and none where the project takes no files
    or there is no room for it: the SDKs then go on without, and telemetry takes no harm."""
    new = _new_media(body)
    if not services.redaction.redactor(caller.project.id).stores_media:
        return json_response({"mediaId": new.id, "uploadUrl": None})
    try:
        media = services.library.media.announce(
            caller.project.id, new, trace_id=stored_id(body.trace_id or "")
        )
    except BodyTooLarge as error:
        log.warning(
            "media_refused", project=caller.project.name, bytes=new.length_bytes, reason=error.message
        )
        return json_response({"mediaId": new.id, "uploadUrl": None})
    links = MediaLinks(base_url(request), caller.project.id, services.now_ns())
    url = links.upload(media).url if media.uploaded_at_ns is None else None
    return json_response({"mediaId": media.id, "uploadUrl": url}, 201 if url else 200)


def get_media(caller: Reading, services: Serving, request: Request, media_id: str) -> Response:
    media = _get_media(services, caller.project.id, media_id)
    if media.uploaded_at_ns is None:
        raise NotFound(f"Media not found: '{media_id}' was announced, but not uploaded")
    links = MediaLinks(base_url(request), caller.project.id, services.now_ns())
    return json_response(media_json(media, links))


def note_upload(
    caller: Writing,
    services: Serving,
    media_id: str,
    body: Annotated[UploadBody, Depends(body_of(UploadBody))],
) -> Response:
    """How the upload went, as the client saw it. That it is there, the server knows by itself."""
    _get_media(services, caller.project.id, media_id)
    if body.upload_http_status is not None and body.upload_http_status >= 400:
        log.warning("media_upload_failed", project=caller.project.name, status=body.upload_http_status)
    return Response(status_code=204)


def _linked_media(
    services: Serving,
    request: Request,
    media_id: str,
    project: Annotated[str, Query()] = "",
    expires: Annotated[str, Query()] = "",
    signature: Annotated[str, Query()] = "",
) -> Media:
    """A dependency: the medium of a signed URL."""
    return check_link(
        services.library.media.find(project, media_id),
        method="GET" if request.method == "HEAD" else request.method,
        project_id=project,
        expires=expires,
        signature=signature,
        now_ns=services.now_ns(),
    )


def download_media(
    services: Serving,
    media: Annotated[Media, Depends(_linked_media)],
    project: Annotated[str, Query()],
    range_: Annotated[str, Header(alias="range")] = "",
) -> Response:
    """Whole, or the range asked for, which players of sound and film do."""
    content = services.library.media.find_content(project, media.id)
    if content is None:
        raise NotFound(f"Media not found: '{media.id}' was announced, but not uploaded")
    headers = _headers(media)
    part = _part_of(range_, len(content))
    if part is None:
        return _in_pieces(content, 200, headers)
    headers |= {
        "content-range": f"bytes {part.start}-{part.stop - 1}/{len(content)}",
        "content-length": str(len(part)),
    }
    return _in_pieces(content[part.start : part.stop], 206, headers)


def _part_of(asked: str, length: int) -> range | None:
    """The one range of bytes that a Range header asks for (RFC 9110, section 14), None for the whole: also
    where it asks for several, or for nothing that is there, as the section allows."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None:
        return None
    first, last = match.groups()
    if first:
        part = range(int(first), min(int(last or length), length - 1) + 1)
    else:
        part = range(max(0, length - int(last or 0)), length)
    return part or None


def _in_pieces(content: bytes, status: int, headers: dict[str, str]) -> Response:
    """So that what is compressed already is not compressed again on its way out."""
    pieces = (content[start : start + _CHUNK_BYTES] for start in range(0, len(content), _CHUNK_BYTES))
    return StreamingResponse(pieces, status, headers=headers)


def media_json(media: Media, links: MediaLinks) -> dict[str, Any]:
    link = links.download(media)
    return {
        "mediaId": media.id,
        "contentType": media.content_type,
        "contentLength": media.length_bytes,
        "uploadedAt": time_text(media.uploaded_at_ns or 0),
        "url": link.url,
        "urlExpiry": time_text(link.expires_at_ns),
    }


def _get_media(services: Services, project_id: str, media_id: str) -> Media:
    media = services.library.media.find(project_id, media_id)
    if media is None:
        raise NotFound(f"Media not found: '{media_id}'")
    return media


def _new_media(body: MediaBody) -> NewMedia:
    try:
        digest = base64.b64decode(body.sha256_hash, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise BadInput("`sha256Hash` is not a SHA-256 in base64")
    return NewMedia(media_id_of(digest), digest, body.content_type, body.content_length)


def media_id_of(digest: bytes) -> str:
    """What the SDKs expect: the first 132 bits of the content's SHA-256, in base64 for URLs."""
    return base64.urlsafe_b64encode(digest).decode()[:22]


async def _receive(request: Request, media: Media) -> bytes:
    try:
        async with asyncio.timeout(MEDIA_UPLOAD_S_MAX):
            content = await read_body(request, media.length_bytes)
    except TimeoutError:
        raise MalformedBody(f"the file did not arrive within {MEDIA_UPLOAD_S_MAX:.0f} seconds") from None
    if len(content) != media.length_bytes:
        raise MalformedBody(f"{media.length_bytes} bytes were announced, {len(content)} came")
    return content


def _store(services: Services, project_id: str, media: Media, content: bytes) -> None:
    if not services.redaction.redactor(project_id).stores_media:
        return  # The project takes no files since it was announced.
    if hashlib.sha256(content).digest() != media.sha256:
        raise MalformedBody("the content's SHA-256 is not the one that was announced")
    services.library.media.store_content(project_id, media.id, content)


def _headers(media: Media) -> dict[str, str]:
    kind = media.content_type.lower()
    is_shown = kind.startswith(("image/", "audio/", "video/")) or kind in _SHOWN
    return {
        "content-type": kind if is_shown else "application/octet-stream",
        "content-length": str(media.length_bytes),
        "accept-ranges": "bytes",
        "content-disposition": "inline" if is_shown else f'attachment; filename="{media.id}"',
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "cross-origin-resource-policy": "same-site",
        "cache-control": "private, max-age=3600, immutable",
    }
