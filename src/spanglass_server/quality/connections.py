"""How projects reach models that judge: kept, checked, tried, and handed to evaluators.

A project's people choose where a connection leads, so every address is checked where it is connected to
(judge_http.py), keys never leave the server but to the address that they were given for, and the server's own
environment is lent only as far as its operator says.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from spanglass.evaluators import EvaluatorProblem, JudgeModel
from spanglass.evaluators.judge import Limits, Provider, Retries, connect
from spanglass.evaluators.judge.providers import find_provider
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.evaluation import JudgeConnection
from spanglass_server.notify.egress import Egress
from spanglass_server.quality.judge_addresses import check_form, check_url
from spanglass_server.quality.judging import ConnectedJudge
from spanglass_server.store.evaluation import EvaluatorStore

MASK: Final = "***"
DEFAULT_CONNECTION: Final = "default"
PRIVATE_HINT: Final = "set SPANGLASS_JUDGE_PRIVATE_TARGETS=true if judges may be in this network"

_ENVIRON: Final = "env:"
_NAME: Final = re.compile(r"\w[\w .:-]{0,63}\Z")
_KNOWN_NS: Final = 2_000_000_000
"""How soon a changed or deleted connection counts."""
_MODELS_MAX: Final = 2_000
_TRIAL_RETRIES: Final = Retries(attempts_max=1, answers_max=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePolicy:
    """What the operator allows."""

    environ: Mapping[str, str]
    env_keys: frozenset[str]
    """Variables that a connection may name as its key."""
    lends_keys_anywhere: bool
    """Also to other addresses than the provider's own: where there is nobody but the operator."""
    allows_private: bool
    """Addresses that are not of the public internet."""
    allows_unchecked: bool
    """Providers whose packages make connections of their own, maybe with the machine's credentials."""

    @property
    def egress(self) -> Egress:
        return Egress(allows_private=self.allows_private, allow_hint=PRIVATE_HINT)


class ConnectionInput(NamedTuple):
    provider: str
    base_url: str = ""
    api_key: str = ""
    """MASK keeps the one that there is."""
    default_model: str = ""
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    concurrency_max: int = 8
    calls_per_minute_max: int | None = None


class _Known(NamedTuple):
    connection: JudgeConnection | None
    at_ns: int


class JudgeConnections:
    """Safe from many threads and event loops. Everything may raise StorageUnavailable."""

    def __init__(self, store: EvaluatorStore, policy: JudgePolicy, *, clock: Clock) -> None:
        self._store = store
        self.policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Known] = {}
        self._limits: dict[tuple[str, str], tuple[tuple[int, int | None], Limits]] = {}
        self._models: dict[tuple[JudgeConnection, str], JudgeModel] = {}

    # What people do with them

    def list_connections(self, project_id: str) -> Sequence[JudgeConnection]:
        return [_masked(connection) for connection in self._store.list_connections(project_id)]

    def get_connection(self, project_id: str, name: str) -> JudgeConnection:
        return _masked(self._get(project_id, name))

    def put_connection(self, project_id: str, name: str, given: ConnectionInput) -> JudgeConnection:
        """Raises BadInput that names the field."""
        before = self._store.find_connection(project_id, name)
        now_ns = self._clock()
        connection = JudgeConnection(
            project_id=project_id,
            name=name,
            provider=given.provider,
            base_url=given.base_url.strip(),
            api_key=_kept_key(given, before),
            default_model=given.default_model.strip(),
            input_usd_per_mtok=given.input_usd_per_mtok,
            output_usd_per_mtok=given.output_usd_per_mtok,
            concurrency_max=given.concurrency_max,
            calls_per_minute_max=given.calls_per_minute_max,
            created_at_ns=before.created_at_ns if before else now_ns,
            updated_at_ns=now_ns,
        )
        self._check(connection)
        self._store.put_connection(connection)
        self._forget(project_id, name)
        return _masked(connection)

    def delete_connection(self, project_id: str, name: str) -> None:
        """Evaluators that use it fail, and say so."""
        self._store.delete_connection(project_id, name)
        self._forget(project_id, name)

    def open_trial(self, project_id: str, name: str) -> ConnectedJudge:
        """A judge that does not try again for long. Raises NotFound and EvaluatorProblem."""
        connection = self._get(project_id, name)
        return ConnectedJudge(
            self._connect(connection, connection.default_model, retries=_TRIAL_RETRIES), connection
        )

    # What evaluators do

    def find(self, project_id: str, connection: str, model: str) -> ConnectedJudge:
        """As `Judges.find`. Raises EvaluatorProblem of scope evaluator."""
        found = self._find(project_id, connection)
        wanted = model or found.default_model
        with self._lock:
            made = self._models.get((found, wanted))
        if made is None:
            made = self._connect(found, wanted, retries=Retries())
            with self._lock:
                if len(self._models) >= _MODELS_MAX:
                    self._models.clear()
                made = self._models.setdefault((found, wanted), made)
        return ConnectedJudge(made, found)

    def _find(self, project_id: str, name: str) -> JudgeConnection:
        key, now_ns = (project_id, name), self._clock()
        with self._lock:
            known = self._known.get(key)
        if known is None or not 0 <= now_ns - known.at_ns < _KNOWN_NS:
            known = _Known(self._look_up(project_id, name), now_ns)
            with self._lock:
                if len(self._known) >= _MODELS_MAX:
                    self._known.clear()
                self._known[key] = known
        if known.connection is None:
            raise _no_connection(name, [each.name for each in self._store.list_connections(project_id)])
        return known.connection

    def _look_up(self, project_id: str, name: str) -> JudgeConnection | None:
        if name:
            return self._store.find_connection(project_id, name)
        # Another connection beside it must not take an evaluator's judge away: hence the oldest one.
        every = self._store.list_connections(project_id)
        return min(
            every, key=lambda each: (each.name != DEFAULT_CONNECTION, each.created_at_ns), default=None
        )

    def _connect(self, connection: JudgeConnection, model: str, *, retries: Retries) -> JudgeModel:
        """Raises EvaluatorProblem."""
        return connect(
            connection.provider,
            model,
            base_url=connection.base_url,
            api_key=self._key_of(connection),
            limits=self._limits_of(connection),
            retries=retries,
            http_client=self._client_factory(find_provider(connection.provider)),
        )

    def _client_factory(self, provider: Provider) -> Callable[[], object] | None:
        if not provider.takes_http_client and self.policy.allows_unchecked:
            return None
        egress = self.policy.egress

        def make() -> object:
            # The library takes a while to import: a server without judges does without it.
            from spanglass_server.quality.judge_http import checked_client

            return checked_client(egress)

        return make

    def _limits_of(self, connection: JudgeConnection) -> Limits:
        """One for all that use the connection, as long as its numbers stay."""
        key = connection.project_id, connection.name
        numbers = connection.concurrency_max, connection.calls_per_minute_max
        with self._lock:
            known = self._limits.get(key)
            if known is None or known[0] != numbers:
                known = numbers, Limits(concurrency_max=numbers[0], calls_per_minute_max=numbers[1])
                self._limits[key] = known
            return known[1]

    def _key_of(self, connection: JudgeConnection) -> str:
        if not connection.api_key.startswith(_ENVIRON):
            return connection.api_key
        name = connection.api_key.removeprefix(_ENVIRON)
        self._check_lent(name, connection.base_url)
        key = self.policy.environ.get(name, "").strip()
        if not key:
            raise EvaluatorProblem(
                f"the environment variable {name} is not set on the server",
                scope="evaluator",
                hint="set it and restart the server, or give the connection a key of its own",
            )
        return key

    def _check_lent(self, name: str, base_url: str) -> None:
        """Raises EvaluatorProblem where the operator does not lend this variable to that address."""
        if name not in self.policy.env_keys:
            known = ", ".join(sorted(self.policy.env_keys)) or "none"
            raise EvaluatorProblem(
                f"the server's environment variable {name[:64]} is not to be used for judges",
                scope="evaluator",
                hint=f"the operator allows: {known} (setting judge_env_keys)",
            )
        if base_url and not self.policy.lends_keys_anywhere:
            raise EvaluatorProblem(
                "the server's own key goes to the provider's own address only",
                scope="evaluator",
                hint="leave base_url empty, or give the connection a key of its own",
            )

    def _get(self, project_id: str, name: str) -> JudgeConnection:
        found = self._store.find_connection(project_id, name)
        if found is None:
            raise NotFound(f"there is no connection `{name[:64]}` to a judge")
        return found

    def _forget(self, project_id: str, name: str) -> None:
        with self._lock:
            self._known.pop((project_id, name), None)
            self._known.pop((project_id, ""), None)
            for key in [key for key in self._models if key[0][:2] == (project_id, name)]:
                del self._models[key]

    def _check(self, connection: JudgeConnection) -> None:
        if not _NAME.match(connection.name):
            raise BadInput(
                f"`name`: `{connection.name[:64]}` cannot name a connection",
                hint="use letters, digits, spaces and `_ . : -`, at most 64, a letter or digit first",
            )
        if (connection.input_usd_per_mtok is None) != (connection.output_usd_per_mtok is None):
            raise BadInput(
                "`input_usd_per_mtok` and `output_usd_per_mtok` are given together",
                hint="both may be 0, of a model of your own",
            )
        if not connection.default_model:
            raise BadInput("`default_model` is missing", hint="name the model that judges")
        try:
            if connection.base_url:
                check_form(connection.base_url)
            self._connect(connection, connection.default_model, retries=Retries())
            if connection.base_url:
                check_url(connection.base_url, self.policy.egress)
        except EvaluatorProblem as problem:
            raise BadInput(problem.message, hint=problem.hint) from None


def _masked(connection: JudgeConnection) -> JudgeConnection:
    is_shown = not connection.api_key or connection.api_key.startswith(_ENVIRON)
    return connection if is_shown else connection._replace(api_key=MASK)


def _kept_key(given: ConnectionInput, before: JudgeConnection | None) -> str:
    """A mask stands for the stored key, as long as that goes where it went: else whoever may change the
    connection could have it sent to themselves."""
    key = given.api_key.strip()
    if key != MASK:
        return key
    if before is None:
        raise BadInput("`api_key`: there is no key yet that `***` could stand for", hint="give the key")
    if (given.provider, given.base_url.strip()) != (before.provider, before.base_url):
        raise BadInput(
            "`api_key`: the stored key was given for another address", hint="give the key once more"
        )
    return before.api_key


def _no_connection(name: str, known: Sequence[str]) -> EvaluatorProblem:
    if not known:
        return EvaluatorProblem(
            "the project has no connection to a judge",
            scope="evaluator",
            hint="make one: PUT /api/v1/judge-connections/NAME, or in the web app under Evaluators",
        )
    return EvaluatorProblem(
        f"there is no connection `{name[:64]}` to a judge",
        scope="evaluator",
        hint=f"there are: {', '.join(known)}",
    )
