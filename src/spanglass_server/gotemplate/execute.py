"""Templates made into text."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn

from spanglass_server.gotemplate.builtins import BUILTINS, LAZY
from spanglass_server.gotemplate.errors import TemplateFailed
from spanglass_server.gotemplate.nodes import (
    Action,
    Argument,
    Body,
    Break,
    Call,
    Chain,
    Command,
    Constant,
    Continue,
    Dot,
    Field,
    FunctionName,
    If,
    Node,
    Pipeline,
    Place,
    Range,
    Text,
    Variable,
    With,
)
from spanglass_server.gotemplate.parse import parse_bodies
from spanglass_server.gotemplate.printing import to_text
from spanglass_server.gotemplate.values import Function, Record, is_list, is_true, plain, type_name

CALL_DEPTH_MAX: Final = 20
"""Templates that call each other."""
_NONE: Final = object()
"""No value is piped in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    steps_max: int = 50_000
    """Nodes that are executed, and arguments that are evaluated."""
    output_chars_max: int = 100_000
    """Of the result, and of every text on the way to it."""


def parse(source: str, *, name: str, functions: Mapping[str, Function]) -> "Template":
    """`functions` beside Go's own, which they may replace. Raises TemplateInvalid."""
    known = {**BUILTINS, **functions}
    return Template(name, parse_bodies(source, name=name, functions=known.keys() | LAZY), known)


class Template:
    """Parsed once, rendered often, from any thread."""

    def __init__(self, name: str, bodies: Mapping[str, Body], functions: Mapping[str, Function]) -> None:
        self.name = name
        self.bodies = bodies
        """It and what it defines, by name."""
        self.functions = functions

    def render(
        self,
        data: object,
        *,
        name: str = "",
        functions: Mapping[str, Function] | None = None,
        variables: Mapping[str, object] | None = None,
        limits: RenderLimits | None = None,
    ) -> str:
        """`name`: of a template that it defines, else itself; `functions` replace those it was parsed with;
        `variables` are set before it begins, by their names with `$`. Raises TemplateFailed."""
        known = {**self.functions, **functions} if functions else self.functions
        run = _Run(self.bodies, known, limits or RenderLimits())
        return run.render(name or self.name, data, variables or {})

    def without_beginning(self, nodes: int) -> "Template":
        """It, without its first nodes: what they set is given as `variables`."""
        return Template(self.name, {**self.bodies, self.name: self.bodies[self.name][nodes:]}, self.functions)

    def with_bodies(self, others: "Sequence[Template]") -> "Template":
        """It, able to call what the others define."""
        bodies: dict[str, Body] = {}
        for other in others:
            bodies.update(other.bodies)
        return Template(self.name, {**bodies, **self.bodies}, self.functions)


_signature_of = lru_cache(maxsize=1_000)(inspect.signature)


class _BreakLoop(Exception):
    pass


class _ContinueLoop(Exception):
    pass


class _Run:
    def __init__(
        self, bodies: Mapping[str, Body], functions: Mapping[str, Function], limits: RenderLimits
    ) -> None:
        self._bodies = bodies
        self._functions = functions
        self._limits = limits
        self._steps_left = limits.steps_max
        self._chars_left = limits.output_chars_max
        self._parts: list[str] = []
        self._variables: list[tuple[str, object]] = []
        self._name = ""
        self._depth = 0

    def render(self, name: str, data: object, variables: Mapping[str, object]) -> str:
        if name not in self._bodies:
            raise TemplateFailed(f'template: no template "{name}"')
        self._name = name
        self._variables = [("$", data), *variables.items()]
        try:
            self._walk(self._bodies[name], data)
        except RecursionError:
            raise TemplateFailed(f"template {name}: values are nested too deep") from None
        # `%c` can make halves of characters, which nothing could store.
        return "".join(self._parts).encode("utf-8", "replace").decode()

    # Nodes

    def _walk(self, body: Body, dot: object) -> None:
        for node in body:
            self._step()
            self._execute(node, dot)

    def _execute(self, node: Node, dot: object) -> None:
        match node:
            case Text():
                self._write(node.text)
            case Action():
                value = self._pipeline(node.pipeline, dot)
                if not node.pipeline.variables:
                    self._write("<no value>" if value is None else to_text(value))
            case If() | With():
                self._choose(node, dot)
            case Range():
                self._loop(node, dot)
            case Call():
                self._call_template(node, dot)
            case Break():
                raise _BreakLoop
            case Continue():
                raise _ContinueLoop

    def _choose(self, node: If | With, dot: object) -> None:
        outer = len(self._variables)
        try:
            value = self._pipeline(node.pipeline, dot)
            if is_true(value):
                self._walk(node.body, value if isinstance(node, With) else dot)
            else:
                self._walk(node.otherwise, dot)
        finally:
            del self._variables[outer:]

    def _loop(self, node: Range, dot: object) -> None:
        outer = len(self._variables)
        try:
            items = self._items(node.pipeline, self._pipeline(node.pipeline, dot, declares=False))
            if not items:
                self._walk(node.otherwise, dot)
            for key, item in items:
                del self._variables[outer:]
                self._step()
                self._set_loop_variables(node.pipeline, key, item)
                try:
                    self._walk(node.body, item)
                except _ContinueLoop:
                    continue
                except _BreakLoop:
                    break
        finally:
            del self._variables[outer:]

    def _items(self, pipeline: Pipeline, value: object) -> Sequence[tuple[object, object]]:
        inner = plain(value)
        if inner is None:
            return ()
        if isinstance(inner, Mapping):
            return [(key, inner[key]) for key in sorted(inner)]
        if isinstance(inner, int) and not isinstance(inner, bool):
            return [(index, index) for index in range(min(inner, self._steps_left + 1))]
        if is_list(inner):
            assert isinstance(inner, Sequence)
            return list(enumerate(inner))
        self._fail(pipeline.place, f"range can't iterate over {to_text(value)}")

    def _set_loop_variables(self, pipeline: Pipeline, key: object, item: object) -> None:
        names = pipeline.variables
        values = (key, item) if len(names) == 2 else (item,)
        for name, value in zip(names, values, strict=False):
            self._set(name, value, is_assignment=pipeline.is_assignment)

    def _call_template(self, node: Call, dot: object) -> None:
        if node.name not in self._bodies:
            self._fail(node.place, f'template "{node.name}" not defined')
        data = self._pipeline(node.pipeline, dot) if node.pipeline else None
        self._depth += 1
        if self._depth > CALL_DEPTH_MAX:
            self._fail(node.place, f"more than {CALL_DEPTH_MAX} templates that call each other")
        variables, name = self._variables, self._name
        self._variables, self._name = [("$", data)], node.name
        self._walk(self._bodies[node.name], data)
        self._variables, self._name = variables, name
        self._depth -= 1

    # Pipelines

    def _pipeline(self, pipeline: Pipeline, dot: object, *, declares: bool = True) -> object:
        value = _NONE
        for command in pipeline.commands:
            value = self._command(command, dot, value)
        if declares:
            for name in pipeline.variables:
                self._set(name, value, is_assignment=pipeline.is_assignment)
        return value

    def _command(self, command: Command, dot: object, piped: object) -> object:
        first, *rest = command.arguments
        if isinstance(first, FunctionName):
            return self._call_function(first, rest, dot, piped, command.place)
        if isinstance(first, Field | Variable | Chain):
            start, names = self._start_of(first, dot)
            return self._follow(start, names, first.place, self._arguments(rest, dot, piped))
        if rest or piped is not _NONE:
            self._fail(first.place, f"can't give argument to non-function {first.place.source}")
        return self._evaluate(first, dot)

    def _evaluate(self, argument: Argument, dot: object) -> object:
        self._step()
        match argument:
            case Dot():
                return dot
            case Constant():
                return argument.value
            case Pipeline():
                return self._pipeline(argument, dot)
            case FunctionName():
                return self._call_function(argument, (), dot, _NONE, argument.place)
            case Field() | Variable() | Chain():
                start, names = self._start_of(argument, dot)
                return self._follow(start, names, argument.place, ())

    def _start_of(self, node: Field | Variable | Chain, dot: object) -> tuple[object, tuple[str, ...]]:
        if isinstance(node, Field):
            return dot, node.names
        if isinstance(node, Variable):
            return self._get(node.name), node.names
        return self._evaluate(node.of, dot), node.names

    def _follow(
        self, value: object, names: tuple[str, ...], place: Place, arguments: Sequence[object]
    ) -> object:
        """Field after field; the arguments are the last one's, which has to be a method then."""
        for name in names[:-1]:
            value = self._field(value, name, place, ())
        if names:
            return self._field(value, names[-1], place, arguments)
        if arguments:
            self._fail(place, f"can't give argument to non-function {place.source}")
        return value

    def _field(self, value: object, name: str, place: Place, arguments: Sequence[object]) -> object:
        if isinstance(value, Record) and name in value.methods:
            return self._call(name, value.methods[name], arguments, place)
        if arguments:
            self._fail(place, f"{name} has arguments but cannot be invoked as function")
        if isinstance(value, Record) and name in value.fields:
            return value.fields[name]
        inner = plain(value)
        if inner is None:
            return None
        if isinstance(inner, Mapping):
            return inner.get(name, "")
        self._fail(place, f"can't evaluate field {name} in type {type_name(value)}")

    # Functions

    def _call_function(
        self, function: FunctionName, rest: Sequence[Argument], dot: object, piped: object, place: Place
    ) -> object:
        if function.name in LAZY:
            return self._and_or(function, rest, dot, piped)
        arguments = self._arguments(rest, dot, piped)
        return self._call(function.name, self._functions[function.name], arguments, place)

    def _and_or(self, function: FunctionName, rest: Sequence[Argument], dot: object, piped: object) -> object:
        value: object = _NONE
        for argument in rest:
            value = self._evaluate(argument, dot)
            if is_true(value) == (function.name == "or"):
                return value
        if piped is not _NONE:
            return piped
        if value is _NONE:
            self._fail(function.place, f"wrong number of args for {function.name}: want at least 1 got 0")
        return value

    def _arguments(self, rest: Sequence[Argument], dot: object, piped: object) -> Sequence[object]:
        arguments = [self._evaluate(argument, dot) for argument in rest]
        return arguments if piped is _NONE else [*arguments, piped]

    def _call(self, name: str, function: Function, arguments: Sequence[object], place: Place) -> object:
        self._step()
        try:
            _signature_of(function).bind(*arguments)
        except TypeError:
            self._fail(place, f"wrong number of args for {name}: got {len(arguments)}")
        try:
            value = function(*arguments)
        except TemplateFailed as error:
            self._fail(place, f"error calling {name}: {error.message}")
        except (TypeError, ValueError, OverflowError) as error:
            # Values of any type get here; Go's reflection would have refused what a function cannot take.
            self._fail(place, f"error calling {name}: {error}")
        if isinstance(value, str) and len(value) > self._limits.output_chars_max:
            self._fail(place, f"{name} made more than {self._limits.output_chars_max:,} characters")
        return value

    # State

    def _get(self, name: str) -> object:
        return next(value for known, value in reversed(self._variables) if known == name)

    def _set(self, name: str, value: object, *, is_assignment: bool) -> None:
        if not is_assignment:
            self._variables.append((name, value))
            return
        index = max(index for index, (known, _) in enumerate(self._variables) if known == name)
        self._variables[index] = (name, value)

    def _write(self, text: str) -> None:
        self._chars_left -= len(text)
        if self._chars_left < 0:
            raise TemplateFailed(
                f"template {self._name}: the text is longer than {self._limits.output_chars_max:,} characters"
            )
        self._parts.append(text)

    def _step(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise TemplateFailed(
                f"template {self._name}: it takes more than {self._limits.steps_max:,} steps"
            )

    def _fail(self, place: Place, reason: str) -> NoReturn:
        where = f"{self._name}:{place.line}:{place.column}"
        raise TemplateFailed(f'template: {where}: executing "{self._name}" at <{place.source}>: {reason}')
