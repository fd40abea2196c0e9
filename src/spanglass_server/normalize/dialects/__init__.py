"""Every convention we read, in the order in which a span is recognized and its keys are believed.

A new one is a file beside these, a line here, and a golden case.
"""

from typing import Final

from spanglass_server.normalize.dialects.anthropic_sdk import ANTHROPIC_SDK
from spanglass_server.normalize.dialects.base import Dialect
from spanglass_server.normalize.dialects.langfuse import LANGFUSE
from spanglass_server.normalize.dialects.langsmith import LANGSMITH
from spanglass_server.normalize.dialects.mlflow import MLFLOW
from spanglass_server.normalize.dialects.openinference import OPENINFERENCE
from spanglass_server.normalize.dialects.openlit import OPENLIT
from spanglass_server.normalize.dialects.openllmetry import OPENLLMETRY
from spanglass_server.normalize.dialects.otel import OTEL
from spanglass_server.normalize.dialects.otel_genai import OTEL_GENAI
from spanglass_server.normalize.dialects.pydantic_ai import PYDANTIC_AI
from spanglass_server.normalize.dialects.spanglass import SPANGLASS
from spanglass_server.normalize.dialects.strands import STRANDS
from spanglass_server.normalize.dialects.vercel import VERCEL

DIALECTS: Final[tuple[Dialect, ...]] = (
    SPANGLASS,
    ANTHROPIC_SDK,
    OPENINFERENCE,
    LANGFUSE,
    LANGSMITH,
    MLFLOW,
    OPENLLMETRY,
    VERCEL,
    PYDANTIC_AI,
    OPENLIT,
    STRANDS,
    OTEL_GENAI,
    OTEL,
)

__all__ = ["DIALECTS", "Dialect"]
