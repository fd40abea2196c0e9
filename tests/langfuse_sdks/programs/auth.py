"""Who am I? Works with every Python SDK of Langfuse, since none of these calls changed."""

import journal
from langfuse import Langfuse

langfuse = Langfuse()
try:
    found = {"is_authenticated": langfuse.auth_check()}
except Exception as error:  # noqa: BLE001 - the SDKs raise classes of different places.
    found = {"error": type(error).__name__}
journal.report(**found)
