"""What an evaluator judges, the same whether it was read from the store or given by an application."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievedDocument:
    """A piece of the context that retrieval found, as the model could read it."""

    content: str
    id: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMessage:
    role: str
    """system, user, assistant or tool."""
    text: str
    """Its text parts; tool calls and results as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpan:
    """A span of the judged trace."""

    span_id: str
    name: str
    kind: str
    input: str
    """Readable text, as `EvaluationTarget.input`."""
    output: str
    parent_span_id: str = ""
    model: str = ""
    status: str = ""
    error_message: str = ""
    duration_ms: float | None = None
    documents: tuple[RetrievedDocument, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Scalars as text; longer values as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationTarget:
    """A trace, or one span of it, as an evaluator sees it. Absent texts are empty."""

    trace_id: str = ""
    span_id: str = ""
    """Empty where the whole trace is judged."""
    session_id: str = ""
    input: str = ""
    """The question: of a conversation the last user message."""
    output: str = ""
    """The answer: the last assistant message's text."""
    messages: tuple[TargetMessage, ...] = ()
    """The whole conversation as the model got it, and its answer last."""
    documents: tuple[RetrievedDocument, ...] = ()
    """What retrieval found for it, in order; those of a reranker, where there is one."""
    reference: str = ""
    """What the answer should have been, where somebody says."""
    name: str = ""
    feature: str = ""
    model: str = ""
    status: str = ""
    error_message: str = ""
    duration_ms: float | None = None
    cost_usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Scalars as text; longer values as JSON."""
    spans: tuple[TargetSpan, ...] = ()
    """All spans of the trace, in start order; empty where an application gave none."""
