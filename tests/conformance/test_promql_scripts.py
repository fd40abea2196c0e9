"""Prometheus' own PromQL scripts, read in place: they are not copied into the repository."""

import os
from pathlib import Path

import pytest
from tests.promql.runner import Outcome, run_file

_FOLDER = Path(__file__).parents[3] / "shared" / "promql"
_FILES = ("aggregators", "functions", "histograms", "literals", "operators", "selectors")


@pytest.fixture(params=_FILES)
def outcomes(request: pytest.FixtureRequest) -> list[Outcome]:
    path = _FOLDER / f"{request.param}.test"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"Prometheus' scripts are not there: {path}")
    return list(run_file(path))


def test_every_block_passes_or_needs_what_is_experimental(outcomes: list[Outcome]) -> None:
    failed = [f"{one.line}: {one.text}\n    {one.said}" for one in outcomes if one.state == "failed"]
    assert not failed, "\n".join(failed)
    assert any(one.state == "passed" for one in outcomes)
    reasons = {one.said for one in outcomes if one.state == "unsupported"}
    assert all(reason == "native histograms" or "is experimental" in reason for reason in reasons), reasons
