"""Switching on the OpenTelemetry instrumentors of model libraries that are installed.

Every instrumentor announces itself in the entry point group `opentelemetry_instrumentor`. Which of them are
for model libraries, and from which family, is told by what their distribution requires: each family has one
package that all of its instrumentors are built on.
"""

import os
import re
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from opentelemetry.trace import TracerProvider

from spanglass._log import log_once, logger

GROUP: Final = "opentelemetry_instrumentor"

FAMILIES: Final = ("openinference", "openllmetry", "genai")
"""In order of preference where several cover one library. The first two record messages without being asked;
of these OpenInference counts cached tokens and streams more exactly. The official ones come last because they
leave messages out until an environment variable asks for them."""

_BUILT_ON: Final = {
    "openinference-instrumentation": "openinference",
    "openinference-semantic-conventions": "openinference",
    "opentelemetry-semantic-conventions-ai": "openllmetry",
    "opentelemetry-util-genai": "genai",
}

_OFFICIAL_WITHOUT_UTIL: Final = frozenset(
    {
        "opentelemetry-instrumentation-openai-v2",
        "opentelemetry-instrumentation-openai-agents-v2",
        "opentelemetry-instrumentation-google-genai",
        "opentelemetry-instrumentation-vertexai",
    }
)
"""Official ones whose older releases were not yet built on opentelemetry-util-genai."""

_VECTORS_VARIABLE: Final = "OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS"

_NAME_END: Final = re.compile(r"[\s<>=!~;\[(@]")


@dataclass(frozen=True)
class Instrumentor:
    """One that is installed, not loaded yet."""

    entry_point: EntryPoint

    @cached_property
    def distribution(self) -> str:
        return _normal(self.entry_point.dist.name) if self.entry_point.dist else ""

    @cached_property
    def family(self) -> str:
        """One of FAMILIES; empty where it is not for a model library."""
        for requirement in self._requires:
            if family := _BUILT_ON.get(_requirement_name(requirement)):
                return family
        return "genai" if self.distribution in _OFFICIAL_WITHOUT_UTIL else ""

    @cached_property
    def libraries(self) -> frozenset[str]:
        """What it instruments, as distributions' names; its own short name where it does not say."""
        told = {
            _requirement_name(requirement)
            for requirement in self._requires
            if "instruments" in requirement.partition(";")[2]
        }
        return frozenset(told or {_normal(self.entry_point.name)})

    @cached_property
    def _requires(self) -> Sequence[str]:
        return (self.entry_point.dist.requires if self.entry_point.dist else None) or ()

    def answers_to(self, name: str) -> bool:
        return name in (_normal(self.entry_point.name), self.distribution, self.family) or (
            name in self.libraries
        )

    def covers_same(self, other: "Instrumentor") -> bool:
        """By the library they name, or, in another family, by their own name."""
        if self.distribution == other.distribution:
            return False
        is_rival = bool(self.family) and self.family != other.family
        return bool(self.libraries & other.libraries) or (
            is_rival and self.entry_point.name == other.entry_point.name
        )

    def is_already_on(self) -> bool:
        """Whether somebody else switched it on: then its module has been imported."""
        if self.entry_point.module not in sys.modules:
            return False
        made = getattr(sys.modules[self.entry_point.module], self.entry_point.attr, None)
        instance = getattr(made, "_instance", None)
        return bool(getattr(instance, "is_instrumented_by_opentelemetry", False))


_lock = threading.Lock()
_on: dict[Instrumentor, Any] = {}
"""Those that we switched on, with the objects that switch them off again."""


def instrument_all(
    tracer_provider: TracerProvider, only: bool | str | Iterable[str] = True, *, capture: bool = True
) -> None:
    """Switch on, for this provider, every installed instrumentor of a model library, or those in `only`.

    A name is that of a library (`openai`), of an instrumentor's distribution, of an entry point, or a
    family's (`openinference`, `openllmetry`, `genai`). HTTP clients, web frameworks and the like are switched
    on only by name. Of several for one library only one is: one named by its distribution, else by the order
    of FAMILIES. Without `capture` those that record messages are told to leave them out. Never raises; what
    is already on stays as it is.
    """
    if only is False:
        return
    wanted = None if only is True else [_normal(n) for n in ([only] if isinstance(only, str) else only)]
    with _lock:
        try:
            _switch_on(tracer_provider, _choose(find_instrumentors(), wanted), capture=capture)
        except Exception:  # noqa: BLE001 an application must start without its instrumentation
            logger.warning("instrumentation could not be switched on", exc_info=True)


def instrumented() -> dict[str, str]:
    """What `instrument_all` has switched on: entry point's name -> distribution."""
    with _lock:
        return {made.entry_point.name: made.distribution for made in _on}


def uninstrument_all() -> None:
    """Switch off what `instrument_all` switched on. Never raises."""
    with _lock:
        for made, switch in list(_on.items()):
            try:
                switch.uninstrument()
            except Exception as reason:  # noqa: BLE001 third-party code
                log_once(
                    f"off {made.distribution}", "%s could not be switched off: %r", made.distribution, reason
                )
            del _on[made]


class Switches:
    """What was switched on, to be switched off when a client ends: the next one may have another provider."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def shutdown(self, timeout_millis: int = 5_000) -> None:
        uninstrument_all()


def find_instrumentors() -> list[Instrumentor]:
    """All that are installed, each once, ordered by name."""
    found = {(ep.name, ep.value): Instrumentor(ep) for ep in entry_points(group=GROUP)}
    return [found[key] for key in sorted(found)]


def _choose(found: Sequence[Instrumentor], wanted: Sequence[str] | None) -> list[Instrumentor]:
    """Those asked for, the preferred ones first."""
    if wanted is None:
        return sorted((i for i in found if i.family), key=_preference)
    for name in wanted:
        if not any(i.answers_to(name) for i in found):
            logger.warning("no installed OpenTelemetry instrumentor is called %r", name)
    chosen = [i for i in found if any(i.answers_to(name) for name in wanted)]
    return sorted(chosen, key=lambda i: (i.distribution not in wanted, _preference(i)))


def _preference(made: Instrumentor) -> tuple[int, str]:
    return (FAMILIES.index(made.family) if made.family else len(FAMILIES), made.distribution)


def _switch_on(provider: TracerProvider, chosen: Sequence[Instrumentor], *, capture: bool) -> None:
    taken = [i for i in find_instrumentors() if i in _on or i.is_already_on()]
    for made in chosen:
        if made in taken:
            continue
        rival = next((i for i in taken if i.covers_same(made)), None)
        if rival is not None:
            logger.debug("%s left off, %s covers the same library", made.distribution, rival.distribution)
        elif _try(provider, made, capture=capture):
            taken.append(made)
            logger.debug("%s switched on", made.distribution)


def _try(provider: TracerProvider, made: Instrumentor, *, capture: bool) -> bool:
    """Whether it is on now."""
    try:
        switch = made.entry_point.load()()
        options = _options(made, capture=capture)
        switch.instrument(tracer_provider=provider, raise_exception_on_conflict=True, **options)
        is_on = bool(switch.is_instrumented_by_opentelemetry)
    except ModuleNotFoundError as reason:
        logger.debug("%s left off: %s", made.distribution, reason)
        return False
    except Exception as reason:  # noqa: BLE001 third-party code
        conflict = getattr(reason, "conflict", None)
        if conflict is not None and not conflict.found:
            logger.debug("%s left off: %s", made.distribution, conflict)
        else:
            log_once(made.distribution, "%s left off: %s", made.distribution, conflict or repr(reason))
        return False
    if is_on:
        _on[made] = switch
    return is_on


def _options(made: Instrumentor, *, capture: bool) -> dict[str, Any]:
    """Arguments (or, where the family knows none, the environment) that decide what it records: messages only
    with `capture`; vectors, which nobody reads, only where OpenInference's own variable asks for them."""
    if made.family == "openinference":
        from openinference.instrumentation import TraceConfig

        hidden: dict[str, Any] = {} if capture else {"hide_inputs": True, "hide_outputs": True}
        if _VECTORS_VARIABLE not in os.environ and hasattr(TraceConfig, "hide_embeddings_vectors"):
            hidden["hide_embeddings_vectors"] = True
        return {"config": TraceConfig(**hidden)}
    if made.family == "openllmetry" and not capture:
        os.environ.setdefault("TRACELOOP_TRACE_CONTENT", "false")
    return {}


def _requirement_name(requirement: str) -> str:
    return _normal(_NAME_END.split(requirement, maxsplit=1)[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
