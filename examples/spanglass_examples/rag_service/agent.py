"""An agent: a model that may call tools until it can answer."""

import ast
import operator
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import spanglass
from spanglass_examples.conditions import World
from spanglass_examples.rag_service.models import Models, next_move, tool_result
from spanglass_examples.rag_service.search import Hit, Index, documents_of
from spanglass_examples.rag_service.telemetry import LOG

_STEPS_MAX: Final = 6

TOOLS: Final = (
    {
        "name": "get_order",
        "description": "The state of an order.",
        "input_schema": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}},
            "required": ["order_id"],
        },
    },
    {
        "name": "search_docs",
        "description": "Chapters of the handbook about something.",
        "input_schema": {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
        },
    },
    {
        "name": "calculate",
        "description": "The product, quotient, sum or difference of numbers.",
        "input_schema": {
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        },
    },
)


class Agent:
    def __init__(self, models: Models, index: Index, world: World, chance: random.Random) -> None:
        self._models = models
        self._index = index
        self._world = world
        self._chance = chance
        self._tools: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
            "get_order": self._get_order,
            "search_docs": self._search_docs,
            "calculate": self._calculate,
        }

    @spanglass.observe(name="order_agent", kind="agent", capture_input=False)
    def run(self, task: str, *, model: str, system: str) -> str:
        spanglass.update_current_span(input=task, agent_name="order_agent")
        messages: list[Mapping[str, Any]] = [{"role": "user", "content": task}]
        for number in range(1, _STEPS_MAX + 1):
            move = next_move(self._models, model, system=system, messages=messages, tools=TOOLS)
            calls = [block for block in move.content if block.type == "tool_use"]
            if not calls:
                LOG.info("the agent has its answer", extra={"steps": number})
                return "".join(block.text for block in move.content if block.type == "text")
            messages.append({"role": "assistant", "content": [block.model_dump() for block in move.content]})
            results = [tool_result(call.id, self._call(call.name, dict(call.input))) for call in calls]
            messages.append({"role": "user", "content": results})
        raise RuntimeError(f"no answer after {_STEPS_MAX} steps")

    def _call(self, name: str, arguments: Mapping[str, Any]) -> object:
        with spanglass.span(name, kind="tool", input=dict(arguments), tool_name=name) as span:
            result = self._tools[name](arguments)
            span.update(output=result)
            return result

    def _get_order(self, arguments: Mapping[str, Any]) -> object:
        self._world.clock.sleep(0.12 * self._chance.lognormvariate(0, 0.5))
        number = int(arguments["order_id"])
        states = ("in the warehouse", "handed to the carrier", "delivered", "waiting at customs")
        return {"order_id": str(number), "state": states[number % 4], "days_since": number % 23, "items": 3}

    def _search_docs(self, arguments: Mapping[str, Any]) -> object:
        hits = self._retrieve(str(arguments["query"]))
        return [{"id": hit.document.id, "text": hit.document.text[:240]} for hit in hits]

    @spanglass.observe(name="retrieve", kind="retriever", capture_output=False)
    def _retrieve(self, query: str) -> Sequence[Hit]:
        slowness = self._world.conditions.retrieval_slowness
        self._world.clock.sleep(0.06 * self._chance.lognormvariate(0, 0.4) * slowness)
        hits = self._index.find(query, limit=3)
        spanglass.update_current_span(documents=documents_of(hits))
        return hits

    def _calculate(self, arguments: Mapping[str, Any]) -> object:
        return {"result": round(evaluate(str(arguments["expression"])), 2)}


_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def evaluate(expression: str) -> float:
    """Numbers and `+ - * /`; ValueError for anything else: a model's words are never run as code."""
    return _evaluate(ast.parse(expression, mode="eval").body)


def _evaluate(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_evaluate(node.left), _evaluate(node.right))
    raise ValueError(f"cannot calculate {ast.unparse(node)}")
