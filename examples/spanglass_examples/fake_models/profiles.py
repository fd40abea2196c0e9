"""How fast each model answers."""

import random
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    provider: str
    first_token_s: float
    output_tokens_per_s: float
    verbosity: float = 1.0
    """Length of its answers."""

    def first_token_after_s(self, input_tokens: int, chance: random.Random) -> float:
        """Grows with what must be read: about 1.2 s for 10,000 tokens."""
        return (self.first_token_s + input_tokens * 1.2e-4) * chance.lognormvariate(0.0, 0.3)


PROFILES: Final = {
    "claude-sonnet-4-6": Profile("anthropic", 0.75, 85.0, 1.2),
    "claude-haiku-4-5": Profile("anthropic", 0.35, 170.0, 0.8),
    "claude-opus-4-6": Profile("anthropic", 1.1, 60.0, 1.9),
    "gpt-5.4-mini": Profile("openai", 0.4, 120.0),
    "support-tuned-8b": Profile("openai", 0.15, 210.0, 0.7),
    "text-embedding-3-small": Profile("openai", 0.04, 1e9),
}
