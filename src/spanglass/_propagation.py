"""W3C baggage of what a trace carries, added where a request leaves.

The application's own propagators stay in charge: ours only completes the context that they write. Without
`baggage` among them (OTEL_PROPAGATORS) nothing is written.
"""

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)

from spanglass._runtime import slot
from spanglass._traces import with_baggage


class BaggageOfTrace(TextMapPropagator):
    def __init__(self, inner: TextMapPropagator) -> None:
        self._inner = inner

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        return self._inner.extract(carrier, context, getter)

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        runtime = slot.runtime
        if runtime is not None and runtime.settings.has_baggage:
            context = with_baggage(context)
        self._inner.inject(carrier, context, setter)

    @property
    def fields(self) -> set[str]:
        return self._inner.fields


def install() -> None:
    """Wraps the global propagator, once."""
    current = propagate.get_global_textmap()
    if not isinstance(current, BaggageOfTrace):
        propagate.set_global_textmap(BaggageOfTrace(current))
