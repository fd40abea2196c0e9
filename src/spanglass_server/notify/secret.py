"""Secrets of receivers: given outright, in a file or in an environment variable; never shown."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

MASK: Final = "***"
_SECRET_BYTES_MAX: Final = 64 << 10
_SECRET_CHARS_MIN: Final = 4
"""Shorter pieces of a URL stand in every text, and guard nothing."""


class SecretMissing(Exception):
    """Says where the secret should have been, and nothing of what was there."""


class Secret:
    """Printed, logged or compared, it is `***`. Files and variables are read anew each time, so that a secret
    may be replaced without a restart."""

    __slots__ = ("_environ", "_file", "_value", "_variable")

    def __init__(
        self,
        value: str = "",
        *,
        file: Path | None = None,
        variable: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._value = value
        self._file = file
        self._variable = variable
        self._environ = environ or {}

    def reveal(self) -> str:
        """Raises SecretMissing."""
        if self._file is not None:
            return _read(self._file)
        if self._variable:
            found = self._environ.get(self._variable, "").strip()
            if not found:
                raise SecretMissing(f"the environment variable {self._variable} is not set")
            return found
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be copied")


def without_secrets(text: str, url: str, *others: str) -> str:
    """The text with what it repeats of the URL's path, query or credentials, or of the others, hidden: the
    answer of an endpoint, or a library's message, often repeats what it was asked."""
    parts = urlsplit(url)
    pieces = re.split(r"[/?&=:@,#]", f"{parts.netloc}/{parts.path}/{parts.query}/{parts.fragment}")
    for piece in sorted({*pieces, *map(unquote, pieces), *others}, key=len, reverse=True):
        if len(piece) >= _SECRET_CHARS_MIN and piece != parts.hostname:
            text = text.replace(piece, MASK)
    return text


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES_MAX).decode("utf-8").strip()
    except OSError as problem:
        raise SecretMissing(f"cannot read {path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise SecretMissing(f"{path} is not text") from None
    if not text:
        raise SecretMissing(f"{path} is empty")
    return text
