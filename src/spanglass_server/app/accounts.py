"""People, put together from the settings."""

import time

from spanglass_server.accounts.attempts import Attempts
from spanglass_server.accounts.oidc import OidcOptions, OidcProvider
from spanglass_server.accounts.oidc_entry import OidcDoor
from spanglass_server.accounts.passwords import Passwords
from spanglass_server.accounts.service import AccountOptions, Accounts
from spanglass_server.app.settings import Settings
from spanglass_server.base.clock import Clock
from spanglass_server.store.identity import IdentityStore

OIDC_CALLBACK = "/auth/oidc/callback"
_DAY_NS = 24 * 3600 * 1e9


def build_accounts(settings: Settings, store: IdentityStore, *, external_url: str, clock: Clock) -> Accounts:
    options = AccountOptions(
        session_ns_max=int(settings.session_days_max * _DAY_NS),
        external_url=external_url,
        oidc_label=settings.oidc_label if settings.oidc_issuer else "",
    )
    return Accounts(
        store,
        options=options,
        passwords=Passwords(),
        attempts=Attempts(clock=time.monotonic),
        clock=clock,
    )


def build_oidc(settings: Settings, *, external_url: str) -> OidcDoor | None:
    """None where it is not set up. Connects to nothing yet."""
    if not settings.oidc_issuer:
        return None
    options = OidcOptions(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        redirect_uri=f"{external_url}{OIDC_CALLBACK}",
    )
    return OidcDoor(
        provider=OidcProvider(options, now_s=time.time),
        domains=frozenset(settings.oidc_domains),
        default_role=None if settings.oidc_default_role == "none" else settings.oidc_default_role,
    )
