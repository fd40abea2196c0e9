"""JSON Schemas that the items of a dataset have to fit. A schema comes from outside: it may neither fetch
anything nor take for ever."""

import json
from typing import Any, Final

import jsonschema_rs

from spanglass_server.base.errors import BadInput

_PROBLEM_CHARS_MAX: Final = 300


class JsonSchema:
    """Raises BadInput for what is no schema. `name` is what the schema is called in errors."""

    def __init__(self, text: str, *, name: str) -> None:
        schema = json.loads(text)
        if not isinstance(schema, dict | bool):
            raise BadInput(f"`{name}` is no JSON Schema: it is neither an object nor a truth value")
        try:
            self._validator: Any = jsonschema_rs.validator_for(
                # Of its two engines of patterns the one whose time grows with the text's length, no faster.
                schema,
                pattern_options=jsonschema_rs.RegexOptions(),
                offline=True,
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as problem:
            raise BadInput(
                f"`{name}` is no JSON Schema: {_short(problem)}",
                hint="see https://json-schema.org; what it refers to has to be in it",
            ) from None

    def find_problem(self, text: str) -> str:
        """Why the JSON text does not fit; empty where it does."""
        try:
            problem = next(iter(self._validator.iter_errors(json.loads(text))), None)
        except (ValueError, RecursionError) as error:
            return str(error)
        return "" if problem is None else _short(problem)


def _short(problem: Exception) -> str:
    message = str(getattr(problem, "message", problem))
    if len(message) > _PROBLEM_CHARS_MAX:
        message = f"{message[:_PROBLEM_CHARS_MAX]} …"
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in _path(problem))
    return f"`{path.removeprefix('.')}`: {message}" if path else message


def _path(problem: Exception) -> list[str | int]:
    return list(getattr(problem, "instance_path", None) or ())
