"""How the world of the example is just now: everything that an incident can change."""

from dataclasses import dataclass, field

from spanglass_examples.clock import Clock, RealClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    slow_provider: str = ""
    """`anthropic` or `openai`: whose models answer `provider_slowness` times slower."""
    provider_slowness: float = 1.0
    error_rate: float = 0.006
    """Share of model requests that fail with 429, 500 or 529."""
    retrieval_slowness: float = 1.0
    documents_factor: int = 1
    """How many times more documents go into a prompt."""
    is_cache_working: bool = True
    is_costly_model_chosen: bool = False


@dataclass(slots=True, kw_only=True)
class World:
    """Shared by the example's services and the model server; who drives them sets `conditions`."""

    clock: Clock = field(default_factory=RealClock)
    conditions: Conditions = field(default_factory=Conditions)
