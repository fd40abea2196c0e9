from pathlib import Path

from spanglass_examples.rag_service.features import FEATURES
from spanglass_examples.rag_service.incidents import INCIDENTS, LIVE_CYCLE_MIN

PAGE = (Path(__file__).parents[3] / "docs" / "demo.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """The page's table rows by what their first cell holds."""
    cells = (line.split("|") for line in PAGE.splitlines() if line.startswith("| `"))
    return {row[1].strip().strip("`"): " ".join(row[2:]) for row in cells}


def test_the_page_tells_every_incident_as_it_happens() -> None:
    for incident in INCIDENTS:
        words = rows()[incident.name]
        assert f"{incident.hours_ago:g} h ago, for {incident.minutes:g} min" in words
        assert f"minute {incident.live_minute:g}, for {incident.live_minutes:g} min" in words
    assert f"every {LIVE_CYCLE_MIN} minutes" in PAGE


def test_the_page_tells_every_feature_and_its_model() -> None:
    for feature in FEATURES:
        assert f"`{feature.model}`" in rows()[feature.name]
