"""People: who asks, signing in and out, one's own account, members and invitations (docs/sign-in.md)."""

from fastapi import APIRouter

from spanglass_server.web.api import account, invitations, me, members, session

router = APIRouter()
for part in (me, session, account, members, invitations):
    router.include_router(part.router)
