"""Who am I? Works with every Python SDK of Langfuse, since none of these calls changed."""

import journal
from langfuse import Langfuse


def check(**keys: str) -> bool | str:
    try:
        return Langfuse(**keys).auth_check()
    except Exception as error:  # noqa: BLE001 - the SDKs raise classes of different places.
        return type(error).__name__


journal.report(own=check(), strange=check(public_key="pk-strange", secret_key="sk-strange"))
