"""Judges for an application, from its environment."""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from spanglass.evaluators.evaluator import EvaluatorProblem
from spanglass.evaluators.judge.connection import Judge, connect
from spanglass.evaluators.judge.limits import Limits

MODEL: Final = "SPANGLASS_JUDGE_MODEL"
"""`provider:model`, or a model of the provider whose key is there."""
BASE_URL: Final = "SPANGLASS_JUDGE_BASE_URL"
API_KEY: Final = "SPANGLASS_JUDGE_API_KEY"

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "cohere": ("CO_API_KEY",),
}
_URLS: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("ANTHROPIC_BASE_URL",),
    "openai": ("OPENAI_BASE_URL",),
    "ollama": ("OLLAMA_BASE_URL",),
}


class EnvironmentJudges(NamedTuple):
    """`Judges` of an application: its environment is the only connection there is."""

    variables: Mapping[str, str]
    limits: Limits
    made: dict[tuple[str, str], Judge]

    def find(self, connection: str, model: str) -> Judge:
        """`connection` may name a provider. Raises EvaluatorProblem, of scope evaluator, where there is no
        key or no model."""
        provider, own_model = self._provider(connection)
        wanted = (provider, model or own_model)
        if wanted not in self.made:
            self.made[wanted] = connect(
                *wanted, base_url=self._url(provider), api_key=self._key(provider), limits=self.limits
            )
        return self.made[wanted]

    async def aclose(self) -> None:
        """See `Judge.aclose`."""
        for judge in self.made.values():
            await judge.aclose()

    def _provider(self, connection: str) -> tuple[str, str]:
        """With the model that the environment names for it."""
        told, _, model = self._named()
        provider = connection or told or next((name for name in KEYS if self._key(name)), "")
        if not provider:
            raise EvaluatorProblem(
                "no model is named to judge",
                scope="evaluator",
                hint=f"set ANTHROPIC_API_KEY or OPENAI_API_KEY, and {MODEL}",
            )
        return provider, model if told in ("", provider) else ""

    def _named(self) -> tuple[str, str, str]:
        """Provider, colon and model; of a model alone the provider is empty."""
        told = self.variables.get(MODEL, "")
        return told.partition(":") if ":" in told else ("", "", told)

    def _key(self, provider: str) -> str:
        return self._first(*self._own(provider, API_KEY), *KEYS.get(provider, ()))

    def _url(self, provider: str) -> str:
        return self._first(*self._own(provider, BASE_URL), *_URLS.get(provider, ()))

    def _own(self, provider: str, name: str) -> tuple[str, ...]:
        """What is set for judges alone goes to the provider that is named, and to no other."""
        return (name,) if self._named()[0] == provider else ()

    def _first(self, *names: str) -> str:
        return next((self.variables[name] for name in names if self.variables.get(name)), "")


def judges_from_environment(
    variables: Mapping[str, str] = os.environ, *, limits: Limits | None = None
) -> EnvironmentJudges:
    """Judges by what the environment says: `SPANGLASS_JUDGE_MODEL` is `provider:model`, or a model of the
    provider whose key is there (`ANTHROPIC_API_KEY`, `OPENAI_API_KEY` and the like).
    `SPANGLASS_JUDGE_BASE_URL` and `SPANGLASS_JUDGE_API_KEY` win over the named provider's own."""
    return EnvironmentJudges(variables, limits or Limits(), {})
