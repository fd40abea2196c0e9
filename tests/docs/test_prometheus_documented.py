"""docs/prometheus-api.md names every endpoint and parameter, and docs/grafana.md the files there are."""

import re
from pathlib import Path

from tests.docs.pages import ROOT, read
from tests.support.prometheus_api import PrometheusApi

PAGE = read(ROOT / "docs" / "prometheus-api.md")
SOURCES = ROOT / "src" / "spanglass_server" / "web" / "prometheus"


def test_every_endpoint_is_named(tmp_path: Path) -> None:
    api = PrometheusApi(tmp_path)
    served = {route.path.removeprefix("/prometheus").removeprefix("/api/v1/") for route in api.app.routes}
    api.close()
    assert {"query", "query_range", "label/{name:path}/values"} <= served
    for path in served - {"", "/"}:
        named = path.replace("{name:path}", "NAME")
        assert named in PAGE, path


def test_every_parameter_is_named() -> None:
    code = "".join(path.read_text() for path in SOURCES.glob("*.py"))
    readers = "get|all|time_ms|needed_time_ms|duration_ms|number"
    calls = rf'(?<!query_)(?:params|asked\.params)\.(?:{readers})\(\s*"([^"]+)"'
    asked = set(re.findall(calls, code)) | {"limit"}
    assert {"query", "step", "match[]", "group_next_token", "lookback_delta"} <= asked
    for name in asked:
        assert f"`{name}`" in PAGE, name


def test_grafana_s_page_leads_to_the_dashboard() -> None:
    page = read(ROOT / "docs" / "grafana.md")
    assert (ROOT / "deploy" / "grafana" / "spanglass-llm.json").is_file()
    assert "(../deploy/grafana/spanglass-llm.json)" in page
