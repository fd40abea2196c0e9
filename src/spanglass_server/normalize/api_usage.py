"""Usage objects as the model APIs themselves return them: OpenAI chat and responses, Anthropic messages.

Several conventions pass them on as they are.
"""

from spanglass_server.normalize.usage import UsageParts
from spanglass_server.normalize.values import as_dict, as_int
from spanglass_server.wire.records import AttributeValue


def read_api_usage(usage: dict[str, AttributeValue]) -> UsageParts:
    """OpenAI's input includes cached tokens, Anthropic's (told by its flat `cache_*` keys) does not."""
    prompt = as_dict(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    completion = as_dict(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    creation = as_dict(usage.get("cache_creation"))
    anthropic_read = as_int(usage.get("cache_read_input_tokens"))
    anthropic_write = as_int(usage.get("cache_creation_input_tokens"))
    is_openai = "prompt_tokens" in usage or bool(prompt)
    return UsageParts(
        input=_first(usage, "prompt_tokens", "input_tokens", "promptTokens", "inputTokens"),
        output=_first(usage, "completion_tokens", "output_tokens", "completionTokens", "outputTokens"),
        cache_read=anthropic_read if anthropic_read is not None else as_int(prompt.get("cached_tokens")),
        cache_write=anthropic_write,
        cache_write_1h=as_int(creation.get("ephemeral_1h_input_tokens")),
        reasoning=as_int(completion.get("reasoning_tokens")),
        audio_input=as_int(prompt.get("audio_tokens")),
        audio_output=as_int(completion.get("audio_tokens")),
        excludes_cache=not is_openai and (anthropic_read is not None or anthropic_write is not None),
    )


def _first(usage: dict[str, AttributeValue], *keys: str) -> int | None:
    return next((count for count in (as_int(usage.get(key)) for key in keys) if count is not None), None)
