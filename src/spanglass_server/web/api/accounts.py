"""People: who asks, signing in and out, one's own account, members and invitations (docs/sign-in.md)."""

from typing import Final

from fastapi import APIRouter

from spanglass_server.web.api import account, invitations, me, members, session

_BODY_BYTES_MAX: Final = 64 << 10
"""Anybody may send these, before it is known who they are."""

router = APIRouter(max_body_size=_BODY_BYTES_MAX)
for part in (me, session, account, members, invitations):
    router.include_router(part.router)
