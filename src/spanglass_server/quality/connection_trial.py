"""One small question to a connection's model: does it answer?"""

import time
from typing import Final, NamedTuple

from pydantic import BaseModel, Field

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.quality.connections import JudgeConnections
from spanglass_server.quality.loop import JudgeLoop

_ANSWER_S_MAX: Final = 30.0
_TOKENS_MAX: Final = 200


class Ping(BaseModel):
    """Whether the judge can answer."""

    ready: bool = Field(description="true")


class ConnectionTest(NamedTuple):
    duration_ms: float | None
    model: str
    input_tokens: int | None
    output_tokens: int | None
    problem: str
    """Empty where it answered as it should."""
    hint: str


def try_connection(
    connections: JudgeConnections, loop: JudgeLoop, project_id: str, name: str
) -> ConnectionTest:
    """Raises NotFound for a connection that is not there, and Busy."""
    started_s = time.monotonic()
    try:
        judge = connections.open_trial(project_id, name)
        reply = loop.run(
            judge.model.ask(
                system="You are asked whether you can answer.",
                prompt="Say that you are ready.",
                schema=Ping,
                max_tokens=_TOKENS_MAX,
            ),
            timeout_s=_ANSWER_S_MAX,
        )
    except EvaluatorProblem as problem:
        return ConnectionTest(None, "", None, None, problem.message, problem.hint)
    except TimeoutError:
        return ConnectionTest(
            None, "", None, None, f"no answer within {_ANSWER_S_MAX:g} s", "is the base URL right?"
        )
    duration_ms = (time.monotonic() - started_s) * 1000
    return ConnectionTest(duration_ms, reply.model, reply.input_tokens, reply.output_tokens, "", "")
