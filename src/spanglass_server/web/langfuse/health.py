"""Whether the server is there, for whoever asks: without a key."""

from fastapi import APIRouter

from spanglass_server.web.callers import Serving

router = APIRouter()


@router.get("/health")
def get_health(services: Serving) -> dict[str, str]:
    return {"status": "OK", "version": services.version}
