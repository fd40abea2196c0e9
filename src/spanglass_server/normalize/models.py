"""Whose model a span used, and which (docs/conventions.md, "Provider and models")."""

from functools import lru_cache
from typing import Final, NamedTuple

from spanglass_server.normalize import fields as f

FRAMEWORKS: Final = frozenset(
    {
        "strands-agents",
        "strands",
        "langchain",
        "langgraph",
        "langsmith",
        "llamaindex",
        "llama_index",
        "llama-index",
        "crewai",
        "haystack",
        "litellm",
        "traceloop",
        "openlit",
        "smolagents",
        "pydantic-ai",
        "pydantic_ai",
        "autogen",
        "agno",
        "dspy",
        "semantic_kernel",
        "vercel",
        "ai",
        "_other",
        "unknown",
        "other",
        "none",
    }
)
"""Names that stand where a provider's should: they tell who called, not who answered."""

_PROVIDERS: Final = {
    "google": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google-genai": "gcp.gemini",
    "google_ai_studio": "gcp.gemini",
    "gemini": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "google_anthropic_vertex": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
    "grok": "x_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "bedrock": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "watsonx": "ibm.watsonx.ai",
}

_NAMESPACES: Final = ("aws.", "azure.ai.", "az.ai.", "gcp.", "ibm.")
"""Providers with a dot in their own name; other names are cut at it (`openai.responses`)."""

_HOSTS: Final = (
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    (".openai.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    (".inference.ai.azure.com", "azure.ai.inference"),
    (".amazonaws.com", "aws.bedrock"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.groq.com", "groq"),
    ("api.deepseek.com", "deepseek"),
    ("api.x.ai", "x_ai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.perplexity.ai", "perplexity"),
    ("api.together.xyz", "together_ai"),
    ("api.fireworks.ai", "fireworks"),
    ("openrouter.ai", "openrouter"),
)

_MODEL_PREFIXES: Final = (
    ("claude", "anthropic"),
    ("gpt-", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-3", "openai"),
    ("text-embedding-ada", "openai"),
    ("gemini", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("magistral", "mistral_ai"),
    ("codestral", "mistral_ai"),
    ("command", "cohere"),
    ("grok", "x_ai"),
    ("deepseek", "deepseek"),
    ("anthropic.", "aws.bedrock"),
    ("us.anthropic.", "aws.bedrock"),
    ("eu.anthropic.", "aws.bedrock"),
    ("amazon.", "aws.bedrock"),
)


class Models(NamedTuple):
    provider: str
    request: str
    response: str


NO_MODELS: Final = Models("", "", "")

MODEL_SLOTS: Final = frozenset(
    (
        *(f.PROVIDER, f.SYSTEM, f.SERVER_ADDRESS, f.REQUEST_MODEL, f.RESPONSE_MODEL, f.MODEL),
        *(f.FALLBACK_MODEL, f.INVOCATION_PARAMETERS),
    )
)
"""Where all of these are empty and no metadata names a provider, a span has NO_MODELS."""


def read_models(slots: f.Slots, metadata_provider: str) -> Models:
    """Provider and model names; empty where unknown. `metadata_provider` is what a metadata object names."""
    response = slots[f.RESPONSE_MODEL] or slots[f.MODEL] or ""
    invocation = slots[f.INVOCATION_PARAMETERS]
    asked = invocation.get("model") if invocation else None
    request = (
        slots[f.REQUEST_MODEL]
        or (asked if isinstance(asked, str) else "")
        or slots[f.MODEL]
        or slots[f.FALLBACK_MODEL]
        or ""
    )
    names = (slots[f.PROVIDER], metadata_provider, slots[f.SYSTEM])
    return Models(
        _find_provider(names, slots[f.SERVER_ADDRESS] or "", response or request), request, response
    )


@lru_cache(maxsize=4096)
def _find_provider(names: tuple[str | None, ...], address: str, model: str) -> str:
    """The first name that is no framework's; the host's provider where only a legacy key or none names one
    (an API that is compatible with OpenAI's is not OpenAI's); else by the model's name."""
    provider = next((name for name in map(canonical_provider, names) if name), "")
    if address and (not provider or names[0] is None):
        provider = _provider_by_host(address) or provider
    return provider or _provider_by_model(model)


@lru_cache(maxsize=4096)
def canonical_provider(name: str | None) -> str:
    """OpenTelemetry's name of a provider, without an API's suffix; empty for a framework's name."""
    word = (name or "").strip().lower()
    if not word or word in FRAMEWORKS or len(word) > 128:
        return ""
    if word.startswith("google.vertex"):
        return "gcp.vertex_ai"
    if not word.startswith(_NAMESPACES):
        word = word.partition(".")[0]
    return "" if word in FRAMEWORKS else _PROVIDERS.get(word, word)


def _provider_by_host(host: str) -> str:
    name = host.lower().partition(":")[0]
    return next((provider for suffix, provider in _HOSTS if name.endswith(suffix)), "")


def _provider_by_model(model: str) -> str:
    name = model.lower()
    return next((provider for prefix, provider in _MODEL_PREFIXES if name.startswith(prefix)), "")
