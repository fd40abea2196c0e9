"""What a model call used."""

from typing import NamedTuple


class Usage(NamedTuple):
    """Token counts of one call; None where the telemetry does not say, which is never the same as 0.

    `input_tokens` holds every input token, cached and audio ones included; `output_tokens` every output one,
    reasoning and audio included. The other counts are parts of these two.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    """The part of `cache_write_tokens` that is kept an hour."""
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    is_batch: bool = False
    """The call went through a batch API."""


NO_USAGE = Usage()


class UsageParts(NamedTuple):
    """Counts out of one structured attribute (Langfuse's `usage_details`, a provider's raw usage ...)."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    excludes_cache: bool = False
    """`input` leaves out cached tokens, as Anthropic's API counts."""
