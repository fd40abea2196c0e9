"""Media: files that payloads refer to, such as the pictures of Langfuse's SDKs."""

from fastapi import APIRouter, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.web.api import models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.media_links import MediaLinks

router = APIRouter(tags=["media"])


@router.get("/media/{media_id}", response_model=models.Media)
def get_media(caller: Reading, services: Serving, media_id: str) -> Response:
    """A stored file; `url` is a path on this server that needs no key and works for an hour."""
    media = services.library.media.find(caller.project.id, media_id)
    if media is None or media.uploaded_at_ns is None:
        raise NotFound(f"there is no file `{media_id}`", hint="it may never have been uploaded")
    link = MediaLinks("", caller.project.id, services.now_ns()).download(media)
    return json_response(
        {
            "media_id": media.id,
            "content_type": media.content_type,
            "length_bytes": media.length_bytes,
            "uploaded_at": time_text(media.uploaded_at_ns),
            "url": link.url,
            "url_expires_at": time_text(link.expires_at_ns),
        }
    )
