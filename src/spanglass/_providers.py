"""Names of model providers, as OpenTelemetry spells them. The server decides alike (a test compares)."""

from functools import lru_cache
from typing import Final

FRAMEWORKS: Final = frozenset(
    (
        *("strands-agents", "strands", "langchain", "langgraph", "langsmith", "llamaindex", "llama_index"),
        *(
            "llama-index",
            "crewai",
            "haystack",
            "litellm",
            "traceloop",
            "openlit",
            "smolagents",
            "pydantic-ai",
        ),
        *("pydantic_ai", "autogen", "agno", "dspy", "semantic_kernel", "vercel", "ai", "_other", "unknown"),
        *("other", "none"),
    )
)
"""Names that stand where a provider's should: they tell who called, not who answered."""

_ALIASES: Final = {
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

_MODELS: Final = (
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
"""Whose model it is, by the beginning of its name."""


@lru_cache(maxsize=4096)
def find_provider(name: str, legacy_name: str, address: str, model: str) -> str:
    """The first name that is no framework's; the host's provider where only a legacy attribute or none names
    one (an API compatible with OpenAI's is not OpenAI's); else by the model's name; else empty."""
    provider = canonical_provider(name) or canonical_provider(legacy_name)
    if address and (not provider or not name):
        provider = _by_host(address) or provider
    return provider or _by_model(model)


@lru_cache(maxsize=4096)
def canonical_provider(name: str) -> str:
    """OpenTelemetry's name of a provider, without an API's suffix; empty for a framework's name."""
    word = name.strip().lower()
    if not word or word in FRAMEWORKS or len(word) > 128:
        return ""
    if word.startswith("google.vertex"):
        return "gcp.vertex_ai"
    if not word.startswith(_NAMESPACES):
        word = word.partition(".")[0]
    return "" if word in FRAMEWORKS else _ALIASES.get(word, word)


def _by_host(host: str) -> str:
    name = host.lower().partition(":")[0]
    return next((provider for suffix, provider in _HOSTS if name.endswith(suffix)), "")


def _by_model(model: str) -> str:
    name = model.lower()
    return next((provider for prefix, provider in _MODELS if name.startswith(prefix)), "")
