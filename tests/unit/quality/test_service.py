"""Definitions as people make them, and the place in what is stored from which they judge."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.definitions import SteppingClock, opened_store

from spanglass_server.normalize.prices import PriceBook
from spanglass_server.quality.budget import Budgets
from spanglass_server.quality.definitions import Draft
from spanglass_server.quality.judging import Judging
from spanglass_server.quality.live import start_of
from spanglass_server.quality.service import EvaluationService

OPENED_NS = 1_000_000
"""The version of a commit that was open already, and still takes traces."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[EvaluationService]:
    unused: Any = None
    with opened_store(tmp_path) as store:
        clock = SteppingClock()
        budgets = Budgets(store, clock=clock)
        judging = Judging(unused, budgets, unused, prices=PriceBook(with_catalog=False), clock=clock)
        parts = cast("tuple[Any, Any, Any, Any, Any, Any, Any, Any]", (None,) * 8)
        targets, configs, receivers, connections, estimator, trials, loop, recent = parts
        yield EvaluationService(
            store,
            targets,
            configs,
            judging,
            receivers,
            connections,
            estimator,
            trials,
            loop,
            recent,
            clock=clock,
            settled_until_ns=lambda: OPENED_NS,
        )
        budgets.close()


def test_a_new_evaluator_judges_what_a_commit_brings_that_was_open_when_it_was_made(
    service: EvaluationService,
) -> None:
    made = service.check("default", Draft(name="short", kind="length", options={"at_most": 10}))
    assert start_of(made, None).place.position_ns == OPENED_NS
    assert SteppingClock()() > OPENED_NS, "the moment of making is later"
