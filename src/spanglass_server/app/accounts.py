"""People, put together from the settings."""

import time

from spanglass_server.accounts.attempts import Attempts
from spanglass_server.accounts.passwords import Passwords
from spanglass_server.accounts.service import AccountOptions, Accounts
from spanglass_server.app.settings import Settings
from spanglass_server.base.clock import Clock
from spanglass_server.store.identity import IdentityStore

_DAY_NS = 24 * 3600 * 1e9


def build_accounts(settings: Settings, store: IdentityStore, *, external_url: str, clock: Clock) -> Accounts:
    options = AccountOptions(
        session_ns_max=int(settings.session_days_max * _DAY_NS), external_url=external_url
    )
    return Accounts(
        store,
        options=options,
        passwords=Passwords(),
        attempts=Attempts(clock=time.monotonic),
        clock=clock,
    )
