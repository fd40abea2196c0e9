"""Budgets: set, listed with what was spent and what it will come to, removed."""

import re
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Path, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.model.budget import Budget
from spanglass_server.rules.budgets import BudgetStatus
from spanglass_server.web.api import budget_models as models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["budgets"])
BudgetName = Annotated[str, Path(max_length=64, description="Unique in the project.", examples=["search"])]

_NAME: Final = re.compile(r"\w[\w .:-]{0,63}\Z")


@router.get("/budgets", response_model=models.Budgets)
def list_budgets(caller: Reading, services: Serving) -> Response:
    """The project's budgets, with what was spent, by name."""
    return json_response({"items": _with_status(services, caller.project.id)})


@router.get("/budgets/{name}", response_model=models.Budget)
def get_budget(caller: Reading, services: Serving, name: BudgetName) -> Response:
    budget = services.budgets.get(caller.project.id, name)
    return json_response(_assessed(services, caller.project.id, budget))


@router.put("/budgets/{name}", response_model=models.Budget)
def put_budget(caller: Editing, services: Serving, name: BudgetName, given: models.BudgetInput) -> Response:
    """Make the budget, or change it."""
    now_ns = services.now_ns()
    budget = Budget(name=name, created_at_ns=now_ns, updated_at_ns=now_ns, **given.model_dump())
    _check(budget)
    kept = services.budgets.put(caller.project.id, budget)
    return json_response(_assessed(services, caller.project.id, kept))


@router.delete("/budgets/{name}", status_code=204)
def delete_budget(caller: Editing, services: Serving, name: BudgetName) -> Response:
    services.budgets.delete(caller.project.id, name)
    return Response(status_code=204)


def _check(budget: Budget) -> None:
    if not _NAME.match(budget.name):
        raise BadInput(
            f"`{budget.name}` cannot name a budget",
            hint="use letters, digits, spaces and `_ . : -`, at most 64, a letter or digit first",
        )
    if budget.scope == "project" and budget.value:
        raise BadInput("a budget of the whole project has no `value`", hint="leave `value` out")
    if budget.scope != "project" and not budget.value:
        raise BadInput(f"which {budget.scope} the budget is for is missing", hint="give it as `value`")
    if budget.time_zone not in _time_zones():
        raise BadInput(
            f"there is no time zone `{budget.time_zone}`", hint="use a name such as `UTC` or `Europe/Berlin`"
        )


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones() | {"UTC"})


def _with_status(services: Services, project_id: str) -> list[dict[str, Any]]:
    budgets = services.budgets.list(project_id)
    return [_json(status) for status in services.budget_meter.assess(project_id, budgets, services.now_ns())]


def _assessed(services: Services, project_id: str, budget: Budget) -> dict[str, Any]:
    (status,) = services.budget_meter.assess(project_id, [budget], services.now_ns())
    return _json(status)


def _json(status: BudgetStatus) -> dict[str, Any]:
    budget = status.budget
    amount, forecast = budget.amount_usd, status.forecast_usd
    return {
        "name": budget.name,
        "scope": budget.scope,
        "value": budget.value,
        "period": budget.period,
        "amount_usd": amount,
        "time_zone": budget.time_zone,
        "created_at": time_text(budget.created_at_ns),
        "updated_at": time_text(budget.updated_at_ns),
        "period_start": time_text(status.period.start_ns),
        "period_end": time_text(status.period.end_ns),
        "spent_usd": status.spent_usd,
        "remaining_usd": amount - status.spent_usd,
        "used_ratio": status.used_ratio,
        "forecast_usd": forecast,
        "forecast_ratio": None if forecast is None else forecast / amount,
        "forecast_basis": status.forecast_basis,
        "burn_rates": [{"window": window, "rate": rate} for window, rate in status.burn_rates.items()],
        "exhausted_at": None if status.exhausted_at_ns is None else time_text(status.exhausted_at_ns),
        "is_exhausted": status.spent_usd >= amount,
    }
