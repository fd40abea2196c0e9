"""Datasets of the server, for scripts that run experiments. Unlike what records, these functions wait for the
network and raise."""

import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from spanglass._runtime import slot
from spanglass._settings import Settings, is_loopback, resolve

PAGE_ITEMS = 500
ANSWER_BYTES_MAX = 256 << 20


class DatasetError(Exception):
    """The server could not be asked, or says no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetItem:
    """A case: what is asked and what should be answered."""

    input: Any
    expected_output: Any = None
    metadata: Any = None
    id: str = ""
    """Empty where the item is in no dataset of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    name: str
    items: Sequence[DatasetItem] = ()
    """Oldest first."""
    id: str = ""
    version: str = ""
    """The moment whose items these are, RFC 3339."""
    description: str = ""
    metadata: Any = field(default=None)

    def __iter__(self) -> Iterator[DatasetItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def get_dataset(name: str, *, version: str | int | None = None) -> Dataset:
    """A dataset of the server with its active items: as they are, or as of a saved version's number or name,
    or a time (RFC 3339).

    Asks the server that `init` or the environment names, with its key, which has to be allowed to read.
    Raises DatasetError.
    """
    asker = _Asker(_settings())
    path = f"/api/v1/datasets/{quote(name, safe='')}"
    about = asker.get(path)
    items: list[Mapping[str, Any]] = []
    as_of = "" if version is None else str(version)
    while True:
        page = asker.get(f"{path}/items", version=as_of, limit=str(PAGE_ITEMS), offset=str(len(items)))
        # Later pages are of the same moment, whatever is changed meanwhile.
        as_of = page["as_of"] or as_of
        items += page["items"]
        if not page["items"] or len(items) >= page["total"]:
            break
    return Dataset(
        name=about["name"],
        id=about["id"],
        version=as_of,
        description=about["description"],
        metadata=about["metadata"],
        items=[
            DatasetItem(
                id=item["id"],
                input=item["input"],
                expected_output=item["expected_output"],
                metadata=item["metadata"],
            )
            for item in reversed(items)
        ],
    )


def _settings() -> Settings:
    return resolve() if slot.runtime is None else slot.runtime.settings


class _Asker:
    def __init__(self, settings: Settings) -> None:
        self._endpoint = settings.endpoint
        self._headers = {**settings.headers, "accept": "application/json", "user-agent": "spanglass-python"}
        self._timeout_s = max(settings.timeout_s, 30.0)
        self._opener = _opener(settings)

    def get(self, path: str, **query: str) -> Any:
        url = f"{self._endpoint}{path}?{urlencode({key: value for key, value in query.items() if value})}"
        try:
            with self._opener.open(Request(url, headers=self._headers), timeout=self._timeout_s) as answer:  # noqa: S310
                return json.loads(answer.read(ANSWER_BYTES_MAX))
        except HTTPError as error:
            raise DatasetError(_reason(error)) from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise DatasetError(f"{self._endpoint} gives no answer: {reason}") from None


def _opener(settings: Settings) -> OpenerDirector:
    handlers: list[Any] = []
    if is_loopback(settings.endpoint):
        handlers.append(ProxyHandler({}))
    if settings.endpoint.startswith("https:"):
        context = ssl.create_default_context(cafile=settings.certificate or None)
        handlers.append(HTTPSHandler(context=context))
    return build_opener(*handlers)


def _reason(error: HTTPError) -> str:
    """The server's problem+json in words."""
    try:
        problem = json.loads(error.read(64 << 10))
        told = [str(problem[key]) for key in ("detail", "hint") if problem.get(key)]
    except (ValueError, AttributeError, OSError):
        told = []
    return f"HTTP {error.code}: {'; '.join(told) or error.reason}"
