"""Definitions of evaluators as people give them: checked, completed, and numbered by version. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ValidationError

from spanglass.evaluators import EvaluatorKind, EvaluatorProblem, ScoreForm
from spanglass.evaluators.kinds import find_kind
from spanglass_server.base.errors import BadInput, QueryInvalid
from spanglass_server.model.evaluation import EvaluatorDefinition, LowScoreNotice, TargetType
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter

JUDGE_SAMPLING_RATE: Final = 0.05
"""Of an evaluator that costs money, unless somebody says otherwise."""
JUDGE_BUDGET_USD_PER_DAY: Final = 1.0
DELAY_S: Final = 30.0
CONCURRENCY: Final = 4

_NAME: Final = re.compile(r"\w[\w .:/-]{0,63}\Z")
_FILTER_TARGETS: Final[Mapping[TargetType, Target]] = {"trace": "traces", "span": "spans"}


class Draft(NamedTuple):
    """What somebody gives of an evaluator. None of a rate or budget: the kind's own."""

    name: str
    kind: str
    options: Mapping[str, Any]
    target_type: TargetType = "trace"
    filter: str = ""
    sampling_rate: float | None = None
    delay_s: float = DELAY_S
    is_enabled: bool = True
    concurrency_max: int = CONCURRENCY
    calls_per_minute_max: int | None = None
    budget_usd_per_day: float | None = None
    notice: LowScoreNotice | None = None


def draft_of(definition: EvaluatorDefinition) -> Draft:
    """What would make the same again."""
    return Draft(
        name=definition.name,
        kind=definition.kind,
        options=orjson.loads(definition.options),
        target_type=definition.target_type,
        filter=definition.filter,
        sampling_rate=definition.sampling_rate,
        delay_s=definition.delay_s,
        is_enabled=definition.is_enabled,
        concurrency_max=definition.concurrency_max,
        calls_per_minute_max=definition.calls_per_minute_max,
        budget_usd_per_day=definition.budget_usd_per_day,
        notice=definition.notice,
    )


def define(draft: Draft, *, project_id: str, evaluator_id: str, now_ns: int) -> EvaluatorDefinition:
    """A new evaluator. Raises BadInput and QueryInvalid that name the field."""
    kind = get_kind(draft.kind)
    options = read_options(kind, draft.options)
    _check_name(draft.name)
    parse_target_filter(draft.filter, draft.target_type)
    rate = draft.sampling_rate
    if rate is None:
        rate = JUDGE_SAMPLING_RATE if kind.is_judge else 1.0
    return EvaluatorDefinition(
        project_id=project_id,
        id=evaluator_id,
        name=draft.name,
        version=1,
        kind=kind.name,
        options=options_text(options),
        target_type=draft.target_type,
        filter=draft.filter.strip(),
        sampling_rate=rate,
        delay_s=draft.delay_s,
        is_enabled=draft.is_enabled,
        concurrency_max=draft.concurrency_max,
        calls_per_minute_max=draft.calls_per_minute_max,
        budget_usd_per_day=draft.budget_usd_per_day,
        notice=draft.notice,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
    )


def redefine(before: EvaluatorDefinition, draft: Draft, *, now_ns: int) -> EvaluatorDefinition:
    """The evaluator changed: a new version only where other scores may come of it."""
    made = define(draft, project_id=before.project_id, evaluator_id=before.id, now_ns=now_ns)
    decides_alike = _decisive(made) == _decisive(before)
    return made._replace(
        version=before.version if decides_alike else before.version + 1,
        created_at_ns=before.created_at_ns,
    )


def get_kind(name: str) -> EvaluatorKind:
    """Raises BadInput that says which there are."""
    try:
        return find_kind(name)
    except EvaluatorProblem as problem:
        raise BadInput(f"`kind`: {problem.message}", hint=problem.hint) from None


def read_options(kind: EvaluatorKind, options: Mapping[str, Any]) -> BaseModel:
    """Raises BadInput that names the option."""
    try:
        return kind.options.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(("options", *(str(part) for part in first["loc"])))
        reason = first["msg"].removeprefix("Value error, ")
        hint = f"the kind `{kind.name}` has: {', '.join(kind.options.model_fields) or 'no options'}"
        raise BadInput(f"`{where}`: {reason}", hint=hint) from None


def options_text(options: BaseModel) -> str:
    """The same text for the same options, defaults written out: a default that changes later changes no
    evaluator that there is."""
    return orjson.dumps(options.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()


def options_of(definition: EvaluatorDefinition) -> BaseModel:
    return read_options(get_kind(definition.kind), orjson.loads(definition.options))


def forms_of(definition: EvaluatorDefinition) -> tuple[ScoreForm, ...]:
    """The scores that it gives. Raises BadInput for one that was stored by a newer server."""
    return tuple(get_kind(definition.kind).forms(options_of(definition)))


def parse_target_filter(text: str, target_type: TargetType) -> Expression | None:
    """Raises QueryInvalid that names the field."""
    try:
        return parse_filter(text, _FILTER_TARGETS[target_type])
    except QueryInvalid as problem:
        raise QueryInvalid(f"`filter`: {problem.message}", hint=problem.hint, column=problem.column) from None


def _decisive(definition: EvaluatorDefinition) -> tuple[str, str, str]:
    return definition.kind, definition.options, definition.target_type


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise BadInput(
            f"`name`: `{name[:64]}` cannot name an evaluator",
            hint="use letters, digits, spaces and `_ . : / -`, at most 64, a letter or digit first",
        )
