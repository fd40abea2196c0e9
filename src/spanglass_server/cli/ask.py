"""Asking a server's API for a command: the one of these settings, beside which the command runs, or any other
by its address and a key."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from spanglass_server.base.errors import BadInput, Misconfigured, StorageUnavailable
from spanglass_server.cli.stores import get_project, opened_directory, temporary_admin_key

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings

_TIMEOUT_S = 120.0


class Door(NamedTuple):
    """Where to ask, as whom, of which project."""

    url: str
    key: str
    project: str
    """Counts where the server asks for no key and none is given."""
    place: str
    """Whose data it should have, for an error."""

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer's JSON; None where it is empty. Raises BadInput, Misconfigured, StorageUnavailable."""
        from spanglass_server.cli.probe import request

        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        query = "" if self.key else f"?{urlencode({'project': self.project})}"
        answer = request(
            f"{self.url}/api/v1{path}{query}",
            method=method,
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            timeout_s=_TIMEOUT_S,
        )
        if answer is None:
            raise StorageUnavailable(
                f"no server answers at {self.url}", hint="start it with 'spanglass serve'"
            )
        if answer.status == 401:
            raise Misconfigured(
                f"the server at {self.url} does not know this key{self.place}",
                hint="give --api-key, or the server's --data-dir or SPANGLASS_PORT",
            )
        if answer.status >= 400:
            error = BadInput if answer.status < 500 else StorageUnavailable
            told = answer.field("detail") or f"the server answered {answer.status}"
            raise error(told, hint=answer.field("hint"))
        return json.loads(answer.body) if answer.body else None


@contextmanager
def opened_door(
    settings: "Settings", *, project: str, endpoint: str, api_key: str, note: str
) -> Iterator[Door]:
    """With an endpoint or a key, that server; else the one beside this command, by a key for this call."""
    from spanglass_server.cli.probe import server_url

    if endpoint or api_key:
        yield Door(endpoint.rstrip("/") or server_url(settings), api_key, project, "")
        return
    with opened_directory(settings) as directory:
        found = get_project(directory, project)
        with temporary_admin_key(directory, found, note=note, may_read=True) as key:
            yield Door(server_url(settings), key, project, f": it keeps other data than {settings.data_dir}")
