"""The services that can judge, and what each needs."""

from typing import Final, NamedTuple

from spanglass.evaluators.evaluator import EvaluatorProblem


class Provider(NamedTuple):
    name: str
    title: str
    extra: str
    """What brings it, for pip."""
    modules: tuple[str, ...]
    """That have to be there."""
    default_url: str = ""
    """The service's own address; empty where the library knows it or there is none."""
    takes_url: bool = True
    needs_url: bool = False
    needs_key: bool = True
    takes_http_client: bool = True
    """Its connections can be made by who asks, and so be checked."""
    forms: tuple[str, ...] = ("tool", "prompted")
    """How an answer's form is asked for, best first; told in words at last."""

    def check(self, *, base_url: str, api_key: str, has_http_client: bool) -> None:
        """Raises EvaluatorProblem where a connection lacks what it needs or has what has no effect."""
        if base_url and not self.takes_url:
            raise _unusable(f"{self.title} takes no base URL", "leave it empty")
        if base_url and not base_url.startswith(("http://", "https://")):
            raise _unusable("a base URL starts with http:// or https://", "give the whole address")
        if self.needs_url and not base_url:
            raise _unusable(f"{self.title} needs a base URL", "e.g. http://localhost:11434/v1")
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
            raise _unusable("the API key has characters that no key has", "copy it once more")
        if self.needs_key and not api_key and not base_url:
            raise _unusable(f"{self.title} needs an API key", "give the connection a key")
        if has_http_client and not self.takes_http_client:
            raise _unusable(
                f"{self.title} makes connections of its own, which cannot be checked here",
                "use an OpenAI-compatible gateway in front of it",
            )


def _unusable(message: str, hint: str) -> EvaluatorProblem:
    return EvaluatorProblem(message, scope="evaluator", hint=hint)


_OPENAI: Final = "spanglass[evaluators]"
_NATIVE_FIRST: Final = ("native", "tool", "prompted")

PROVIDERS: Final[tuple[Provider, ...]] = (
    Provider("anthropic", "Anthropic", "spanglass[evaluators]", ("anthropic",), "https://api.anthropic.com"),
    Provider(
        "openai",
        "OpenAI, or an endpoint that speaks its chat completions",
        _OPENAI,
        ("openai",),
        "https://api.openai.com/v1",
        forms=_NATIVE_FIRST,
    ),
    Provider("ollama", "Ollama", _OPENAI, ("openai",), needs_url=True, needs_key=False, forms=_NATIVE_FIRST),
    Provider("openrouter", "OpenRouter", _OPENAI, ("openai",), "https://openrouter.ai/api/v1"),
    Provider("google", "Google Gemini", "pydantic-ai-slim[google]", ("google.genai",), forms=_NATIVE_FIRST),
    Provider("mistral", "Mistral", "pydantic-ai-slim[mistral]", ("mistralai",)),
    Provider("groq", "Groq", "pydantic-ai-slim[groq]", ("groq",), takes_http_client=False),
    Provider(
        "cohere",
        "Cohere",
        "pydantic-ai-slim[cohere]",
        ("cohere",),
        takes_url=False,
        takes_http_client=False,
    ),
    Provider(
        "bedrock",
        "Amazon Bedrock, with the credentials of the machine",
        "pydantic-ai-slim[bedrock]",
        ("boto3",),
        takes_url=False,
        needs_key=False,
        takes_http_client=False,
    ),
)


def find_provider(name: str) -> Provider:
    """Raises EvaluatorProblem, of scope evaluator, where there is none."""
    for provider in PROVIDERS:
        if provider.name == name:
            return provider
    known = ", ".join(provider.name for provider in PROVIDERS)
    raise EvaluatorProblem(
        f"unknown provider {name!r}: judges are reached by {known}",
        scope="evaluator",
        hint="`openai` with a base URL reaches whatever speaks its API",
    )
