"""Whether the server is there, for whoever asks: without a key."""

from typing import Annotated

from fastapi import APIRouter, Depends

from spanglass_server.web.params import services_of
from spanglass_server.web.services import Services

router = APIRouter()


@router.get("/health")
def get_health(services: Annotated[Services, Depends(services_of)]) -> dict[str, str]:
    return {"status": "OK", "version": services.version}
