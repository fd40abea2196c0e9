"""Spanglass: observability for applications made with large language models.

    import spanglass

    spanglass.init(service="rag-api")

    @spanglass.observe()
    def answer(question: str) -> str: ...

Nothing here raises into the application, blocks it, or waits for the network (docs/sdk.md).
"""

from typing import TYPE_CHECKING, Any

from spanglass._client import flush, init, shutdown
from spanglass._observe import observe
from spanglass._scores import Score, evaluated, score
from spanglass._span import (
    SpanHandle,
    current_span_id,
    current_trace_id,
    span,
    update_current_span,
    update_current_trace,
)

if TYPE_CHECKING:
    from spanglass import logs
    from spanglass._datasets import Dataset, DatasetError, DatasetItem, get_dataset
    from spanglass._evaluate import evaluate
    from spanglass._experiments import ExperimentResult, run_experiment
    from spanglass._instrument import instrumented
    from spanglass._prepared import evaluator
    from spanglass._threads import ContextThreadPoolExecutor, in_context
    from spanglass.logs import log_llm_event

__all__ = [
    "ContextThreadPoolExecutor",
    "Dataset",
    "DatasetError",
    "DatasetItem",
    "ExperimentResult",
    "Score",
    "SpanHandle",
    "current_span_id",
    "current_trace_id",
    "evaluate",
    "evaluated",
    "evaluator",
    "flush",
    "get_dataset",
    "in_context",
    "init",
    "instrumented",
    "log_llm_event",
    "logs",
    "observe",
    "run_experiment",
    "score",
    "shutdown",
    "span",
    "update_current_span",
    "update_current_trace",
]

_LAZY = {
    "ContextThreadPoolExecutor": "spanglass._threads",
    "Dataset": "spanglass._datasets",
    "DatasetError": "spanglass._datasets",
    "DatasetItem": "spanglass._datasets",
    "ExperimentResult": "spanglass._experiments",
    "evaluate": "spanglass._evaluate",
    "evaluator": "spanglass._prepared",
    "evaluators": "spanglass.evaluators",
    "get_dataset": "spanglass._datasets",
    "in_context": "spanglass._threads",
    "instrumented": "spanglass._instrument",
    "log_llm_event": "spanglass.logs",
    "logs": "spanglass.logs",
    "run_experiment": "spanglass._experiments",
}
"""What many applications never use is imported where it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'spanglass' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_LAZY[name])
    value = globals()[name] = module if module.__name__.endswith(f".{name}") else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
