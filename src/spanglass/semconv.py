"""Names of the attributes that Spanglass writes, and what the server reads them as (docs/sdk.md).

OpenTelemetry's GenAI names (semantic conventions 1.41) where they exist, else `spanglass.*`. Imports nothing.
"""

# What a span is, and what went in and out of it.
KIND = "spanglass.kind"
"""llm, embedding, retriever, reranker, tool, agent, chain, guardrail, evaluator, cache or span."""
INPUT = "spanglass.input"
OUTPUT = "spanglass.output"
METADATA = "spanglass.metadata"
"""A JSON object; or one attribute a key, as `spanglass.metadata.<key>`."""
LEVEL = "spanglass.level"
"""debug, info, warning or error: what a person should make of the span."""
STATUS_MESSAGE = "spanglass.status_message"
CACHE_HIT = "spanglass.cache_hit"
CLOSED_EARLY = "spanglass.closed_early"
"""The consumer of a stream left before its end, or a task was cancelled: no failure of the step."""
STREAM_ITEMS = "spanglass.stream.items"
"""How many items a generator gave."""

# Who and what a trace is for. The same names travel as W3C baggage.
FEATURE = "spanglass.feature"
TEAM = "spanglass.team"
USER_ID = "spanglass.user_id"
SESSION_ID = "spanglass.session_id"
TAGS = "spanglass.tags"
TRACE_NAME = "spanglass.trace_name"
TRACE_METADATA = "spanglass.trace_metadata"
"""As METADATA, of the whole trace."""
RELEASE = "spanglass.release"

# A model call.
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
REQUEST_STREAM = "gen_ai.request.stream"
REQUEST_PARAMETER_PREFIX = "gen_ai.request."
FINISH_REASONS = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
"""Seconds from the call's start to the first item of its answer."""
INPUT_TOKENS = "gen_ai.usage.input_tokens"
"""All input tokens, cached ones included."""
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
"""All output tokens, reasoning included."""
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
COST_USD = "spanglass.cost_usd"
PROMPT_NAME = "gen_ai.prompt.name"
PROMPT_VERSION = "spanglass.prompt.version"

# Steps around a model call.
RETRIEVAL_DOCUMENTS = "gen_ai.retrieval.documents"
"""A JSON array of objects with `id`, `content`, `score`, `metadata`."""
TOOL_NAME = "gen_ai.tool.name"
AGENT_NAME = "gen_ai.agent.name"

# Experiments: Langfuse's names, which its own tools know too. On the span of an item.
EXPERIMENT_ID = "langfuse.experiment.id"
EXPERIMENT_NAME = "langfuse.experiment.name"
EXPERIMENT_DESCRIPTION = "langfuse.experiment.description"
EXPERIMENT_METADATA = "langfuse.experiment.metadata"
"""A JSON object: what was tried."""
EXPERIMENT_DATASET = "langfuse.experiment.dataset.id"
EXPERIMENT_ITEM = "langfuse.experiment.item.id"
EXPERIMENT_ITEM_VERSION = "langfuse.experiment.item.version"
"""RFC 3339: the state of the dataset that was run."""
EXPERIMENT_ITEM_ROOT = "langfuse.experiment.item.root_observation_id"
"""The id of the span that stands for the item: the span's own."""
EXPERIMENT_ITEM_EXPECTED = "langfuse.experiment.item.expected_output"
EXPERIMENT_ITEM_METADATA = "langfuse.experiment.item.metadata"

# The resource.
SERVICE_NAME = "service.name"
SERVICE_VERSION = "service.version"
ENVIRONMENT = "deployment.environment.name"

# Errors.
ERROR_TYPE = "error.type"
EXCEPTION_EVENT = "exception"

KINDS = (
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "cache",
    "span",
)
TRACE_KEYS = {
    "feature": FEATURE,
    "team": TEAM,
    "user_id": USER_ID,
    "session_id": SESSION_ID,
    "tags": TAGS,
}
"""What travels to later spans of the trace, and by baggage to other services, by its name in the SDK."""

SCOPE = "spanglass"
"""The instrumentation scope of the SDK's own spans."""
