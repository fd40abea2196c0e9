"""Counting a model call once, as far as one process can tell.

One call is often told by several spans: by a framework around a client library, by an instrumentation around
the Anthropic SDK's own tracing, by two libraries side by side. The rules are those of the server
(docs/conventions.md, "Double counting"), with one difference: what has been told cannot be taken back, so a
call waits while a span around it may tell the same, and shortly where another library may follow.

A `Telling` is what one span tells of a call.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Sequence
from contextvars import Context
from typing import Any, Final

from spanglass._calls import ANTHROPIC_SDK, LOGFIRE, MODEL_KINDS, Call
from spanglass._usage_objects import Counts

TWIN_WAIT_NS: Final = 300_000_000
"""How long a call waits for another library's telling of it, where a provider's calls are told by several."""

HOLD_MAX_NS: Final = 600_000_000_000
"""How long a call waits for the end of a span around it."""

LATER_END_NS: Final = 1_000_000_000
"""How much later than the Anthropic SDK's span, in another trace, a span around the same call may end."""

MISCOUNT_MAX: Final = 8
"""Output tokens that OpenLLMetry adds to a streamed answer of Anthropic's."""

RECENT_MAX: Final = 256
SPANS_AROUND_MAX: Final = 10_000
CHILDREN_MAX: Final = 1_000

WAITING, TOLD, DROPPED = range(3)


class Telling:
    """A call on its way to be counted."""

    __slots__ = ("above", "call", "context", "due_ns", "is_held", "scopes", "state")

    def __init__(
        self, call: Call, *, above: Sequence[int] = (), is_held: bool = False, context: Context | None = None
    ) -> None:
        self.call = call
        self.above = above
        """Ids of the open spans around it, nearest first."""
        self.is_held = is_held
        """One of these is a model span of the same kind."""
        self.context = context
        """The context in which the span ended: its log line is written in it."""
        self.scopes = {call.scope}
        self.state = WAITING
        self.due_ns = 0

    def drop(self) -> None:
        """It is no call of its own. The context, which may hold much, is let go."""
        self.state = DROPPED
        self.context = None


class Settler:
    """Decides which tellings are calls. Fed in the order in which spans end; not thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[Telling] = []
        self._recent: deque[Telling] = deque(maxlen=RECENT_MAX)
        self._inside: OrderedDict[int, list[Telling]] = OrderedDict()
        """Tellings by the open spans around them."""
        self._scopes: defaultdict[str, set[str]] = defaultdict(set)
        """Who has told calls of a provider."""

    def add(self, telling: Telling, now_ns: int) -> None:
        """A span that tells of a call has ended. `now_ns` is a monotonic clock's."""
        inside = [t for t in self._inside.pop(telling.call.span_id, ()) if t.state != DROPPED]
        call = telling.call
        self._release(inside, now_ns)
        if call.kind in MODEL_KINDS:
            self._nest(telling, [t for t in inside if t.call.kind == call.kind], now_ns)
        elif any(t.call.is_carrier for t in inside) or self._has_many_or_told(inside):
            telling.drop()
        else:
            for silent in inside:
                silent.drop()
        if telling.state == WAITING and (twin := self._find_twin(telling)) is not None:
            self._unite(twin, telling, now_ns)
        if telling.state == WAITING:
            self._wait(telling, now_ns)

    @staticmethod
    def _has_many_or_told(inside: Sequence[Telling]) -> bool:
        """Whether silent calls below a span with usage stand for themselves already."""
        alive = [t for t in inside if t.call.status != "error"]
        return len(alive) > 1 or any(t.state == TOLD for t in alive)

    def _wait(self, telling: Telling, now_ns: int) -> None:
        call = telling.call
        scopes = self._scopes[call.provider]
        if len(scopes) < RECENT_MAX:
            scopes.add(call.scope)
        wait_ns = TWIN_WAIT_NS if len(scopes) > 1 else 0
        telling.due_ns = now_ns + (HOLD_MAX_NS if telling.is_held else wait_ns)
        self._waiting.append(telling)
        self._recent.append(telling)
        for span_id in telling.above:
            inside = self._inside.setdefault(span_id, [])
            if len(inside) < CHILDREN_MAX:
                inside.append(telling)
        while len(self._inside) > SPANS_AROUND_MAX:
            self._inside.popitem(last=False)

    def release(self, span_id: int, now_ns: int) -> None:
        """A span around held tellings has ended and tells of no call itself."""
        self._release(self._inside.pop(span_id, ()), now_ns)

    @staticmethod
    def _release(held: Sequence[Telling], now_ns: int) -> None:
        for telling in held:
            if telling.is_held:
                telling.is_held = False
                telling.due_ns = min(telling.due_ns, now_ns + TWIN_WAIT_NS)

    def settled(self, now_ns: int) -> list[Telling]:
        """Those that have waited long enough, in order of their ends; each is given once."""
        if not self._waiting:
            return []
        done = [t for t in self._waiting if t.state == WAITING and t.due_ns <= now_ns]
        for telling in done:
            telling.state = TOLD
        self._waiting = [t for t in self._waiting if t.state == WAITING]
        return done

    def flush(self, *, is_last: bool) -> list[Telling]:
        """All that wait for a twin; at last also those that wait for a span around them."""
        far = HOLD_MAX_NS * 2**10
        for telling in self._waiting:
            if is_last or not telling.is_held:
                telling.due_ns = -far
        return self.settled(-far)

    def next_due_ns(self) -> int | None:
        return min((t.due_ns for t in self._waiting), default=None)

    def _nest(self, outer: Telling, inside: Sequence[Telling], now_ns: int) -> None:
        """Decide between a model span and those of its kind inside it."""
        if not inside:
            return
        carrying = [t for t in inside if t.call.is_carrier]
        if outer.call.is_carrier and not carrying:
            same = [t for t in inside if _may_be_same(outer.call, t.call)]
        elif outer.call.is_carrier:
            same = [t for t in carrying if _is_same_nested(outer.call, t.call, len(carrying))]
        else:
            candidates = carrying or inside
            same = [t for t in candidates if len(candidates) == 1 and _may_be_same(outer.call, t.call)]
        if same:
            for other in same[1:]:
                if other.state == WAITING and not other.call.is_carrier:
                    other.drop()
            self._unite(same[0], outer, now_ns)
        elif not outer.call.is_carrier or len(carrying) > 1:
            outer.drop()  # A wrapper, which only adds up.

    def _find_twin(self, telling: Telling) -> Telling | None:
        """The newest that surely tells the same call; else, of those that may, the one that began nearest: of
        alike calls at once each has its own."""
        possible: list[Telling] = []
        for other in reversed(self._recent):
            if other.state == DROPPED:
                continue
            if telling.call.scope in other.scopes:
                if _is_repeated(telling.call, other.call):
                    return other
            elif _is_twin(telling.call, other.call):
                return other
            elif _is_wrapped_elsewhere(telling, other):
                possible.append(other)
        return min(possible, key=lambda t: abs(t.call.start_ns - telling.call.start_ns), default=None)

    @staticmethod
    def _unite(first: Telling, second: Telling, now_ns: int) -> None:
        """Two tellings of one call: the later one goes, its facts stay where the first still waits."""
        second.drop()
        first.scopes |= second.scopes
        if first.state == WAITING:
            own = (first.call.span_id, second.call.span_id)
            around = max(first.above, second.above, key=len)
            first.above = [span_id for span_id in around if span_id not in own]
            first.call = _merged(first.call, second.call)
            first.is_held = first.is_held or second.is_held
            if second.is_held:
                first.due_ns = now_ns + HOLD_MAX_NS


def _merged(a: Call, b: Call) -> Call:
    """The richer telling, with what only the other knows."""
    best, other = sorted((a, b), key=_poverty)
    sdk = next((call for call in (a, b) if _is_sdk(call)), None)
    if sdk is not None and sdk is not best and _differs(sdk, best):
        best, other = sdk, best
    filled: dict[str, Any] = {
        name: theirs
        for name, mine, theirs in zip(Call._fields, best, other, strict=True)
        if mine in (None, "") and theirs not in (None, "") and name not in ("error_type", "parent_span_id")
    }
    if (best.counts.input, best.counts.output) == (other.counts.input, other.counts.output):
        pairs = zip(best.counts, other.counts, strict=True)
        filled["counts"] = Counts(*(theirs if mine is None else mine for mine, theirs in pairs))
    return best._replace(**filled)


def _poverty(call: Call) -> tuple[int, bool, int]:
    """Ascending: more classes of tokens, not the bare SDK's, outermost (ends last)."""
    counts = call.counts
    known = (counts.input, counts.output, counts.cache_read, counts.cache_write, counts.reasoning)
    return (-sum(1 for count in known if count), _is_sdk(call), -call.end_ns)


def _is_sdk(call: Call) -> bool:
    return call.scope.startswith(ANTHROPIC_SDK)


def _differs(sdk: Call, other: Call) -> bool:
    """Whether the SDK's own span knows other numbers: these are exact."""
    if (sdk.counts.input, sdk.counts.output) != (other.counts.input, other.counts.output):
        return sdk.counts.input is not None and (sdk.counts.output is not None or other.counts.output is None)
    if sdk.counts.cache_read is None and sdk.counts.cache_write is None:
        return False
    ours, theirs = ((c.counts.cache_read or 0, c.counts.cache_write or 0) for c in (sdk, other))
    return ours != theirs or (bool(sdk.counts.cache_write_1h) and not other.counts.cache_write_1h)


def _may_be_same(a: Call, b: Call) -> bool:
    return _is_provider_compatible(a, b) and not _has_other_response(a, b)


def _is_same_nested(outer: Call, inner: Call, carrying: int) -> bool:
    if not _may_be_same(outer, inner):
        return False
    is_sdk_in_other = _is_sdk(inner) and not _is_sdk(outer) and inner.parent_span_id == outer.span_id
    return _has_equal_tokens(outer, inner) or (carrying == 1 and is_sdk_in_other)


def _is_repeated(a: Call, b: Call) -> bool:
    """One response told twice by one library at the same time; later, a caching server has replayed it."""
    if not a.response_id or a.response_id != b.response_id or a.kind != b.kind:
        return False
    return a.start_ns < b.end_ns and b.start_ns < a.end_ns and _is_provider_compatible(a, b)


def _is_twin(a: Call, b: Call) -> bool:
    """Whether tellings of two libraries, neither inside the other, are of one call."""
    if a.kind != b.kind or not _may_be_same(a, b):
        return False
    if a.response_id and a.response_id == b.response_id:
        return True
    if not _is_model_compatible(a.model, b.model) or a.is_carrier != b.is_carrier:
        return False
    sdk, other = (a, b) if _is_sdk(a) else (b, a)
    has_sdk = _is_sdk(sdk)
    if a.trace_id != b.trace_id:
        return has_sdk and _is_around_elsewhere(other, sdk)
    if not a.model or a.start_ns > b.end_ns or b.start_ns > a.end_ns:
        return False
    if not a.is_carrier:
        return a.status == b.status and (has_sdk or _is_beside_and_around(a, b))
    return _has_equal_tokens(a, b) or (has_sdk and _has_near_tokens(a, b))


def _is_around_elsewhere(other: Call, sdk: Call) -> bool:
    """The Anthropic SDK's span starts a trace of its own where no span is active."""
    if other.provider != "anthropic" and not other.model.startswith("claude"):
        return False
    if sdk.is_carrier and not _has_near_tokens(sdk, other):
        return False
    if not sdk.is_carrier and sdk.status != other.status:
        return False
    gap_ns = other.end_ns - sdk.end_ns
    if other.scope.startswith(LOGFIRE) and other.start_ns == other.end_ns:
        return abs(gap_ns) <= LATER_END_NS
    return not sdk.parent_span_id and other.start_ns <= sdk.start_ns and 0 <= gap_ns <= LATER_END_NS


def _is_wrapped_elsewhere(one: Telling, other: Telling) -> bool:
    """LangChain's instrumentation works by callbacks, so its spans are never the current one: where nothing
    else is, the client library's span within such a call starts a trace of its own."""
    a, b = one.call, other.call
    if a.trace_id == b.trace_id or a.kind != b.kind or not a.model or not b.model or not a.is_carrier:
        return False
    inner, outer = sorted((one, other), key=lambda told: (-told.call.start_ns, told.call.end_ns))
    if inner.above or not 0 <= outer.call.end_ns - inner.call.end_ns <= LATER_END_NS:
        return False
    if not _may_be_same(a, b) or not _is_model_compatible(a.model, b.model):
        return False
    is_input_told = bool(a.counts.input and b.counts.input)
    return _has_equal_tokens(a, b) or (not is_input_told and a.counts.output == b.counts.output)


def _is_beside_and_around(a: Call, b: Call) -> bool:
    first, second = sorted((a, b), key=lambda call: (call.start_ns, -call.end_ns))
    return a.parent_span_id == b.parent_span_id != 0 and second.end_ns <= first.end_ns


def _has_equal_input(a: Call, b: Call) -> bool:
    """Equal, also where one of them leaves cached tokens out and does not tell them."""
    one, other = a.counts.input or 0, b.counts.input or 0
    return one == other or (one == _uncached(b) > 0) or (other == _uncached(a) > 0)


def _uncached(call: Call) -> int:
    counts = call.counts
    return (counts.input or 0) - (counts.cache_read or 0) - (counts.cache_write or 0)


def _has_equal_tokens(a: Call, b: Call) -> bool:
    return (a.counts.output or 0) == (b.counts.output or 0) and _has_equal_input(a, b)


def _has_near_tokens(a: Call, b: Call) -> bool:
    return _has_equal_input(a, b) and abs((a.counts.output or 0) - (b.counts.output or 0)) <= MISCOUNT_MAX


def _has_other_response(a: Call, b: Call) -> bool:
    return bool(a.response_id and b.response_id) and a.response_id != b.response_id


def _is_provider_compatible(a: Call, b: Call) -> bool:
    """A model sold by a cloud is told by either's name."""
    if not a.provider or not b.provider or a.provider == b.provider:
        return True
    return "." in a.provider or "." in b.provider or _is_model_compatible(a.model, b.model)


def _is_model_compatible(one: str, other: str) -> bool:
    """Equal, or one with the other's date."""
    if not one or not other:
        return True
    a, b = one.lower().rpartition("/")[2], other.lower().rpartition("/")[2]
    return a.startswith(b) or b.startswith(a)
