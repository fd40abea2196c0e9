"""Addresses of people, as they are compared and kept."""

import string
import unicodedata
from typing import Final

from spanglass_server.base.errors import BadInput

EMAIL_CHARS_MAX: Final = 254
NAME_CHARS_MAX: Final = 200
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def checked_email(text: str) -> str:
    """As it is kept and compared. Raises BadInput for what can be no address."""
    email = normal_email(text)
    local, _, domain = email.rpartition("@")
    is_strange = any(not char.isprintable() or char.isspace() for char in email)
    if not local or not domain or is_strange or len(email) > EMAIL_CHARS_MAX or "@" in local:
        raise BadInput(f"`{text[:80]}` is no e-mail address", hint="write it as name@example.com")
    return email


def normal_email(text: str) -> str:
    """Letters of ASCII in lower case, everything else as it is.

    Unicode's own lower case would make one address of two: the Kelvin sign becomes a `k`, and whoever owns
    the address with the sign would be taken for who owns the other.
    """
    return unicodedata.normalize("NFC", text.strip()).translate(_LOWER)


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def checked_name(text: str, *, what: str = "name") -> str:
    """Raises BadInput for an empty or overlong one, and for characters that cannot be seen."""
    name = unicodedata.normalize("NFC", text.strip())
    if not name:
        raise BadInput(f"the {what} is empty")
    if len(name) > NAME_CHARS_MAX:
        raise BadInput(f"the {what} is longer than {NAME_CHARS_MAX} characters")
    if not name.isprintable():
        raise BadInput(f"the {what} has characters that cannot be shown")
    return name
