"""`spanglass notify check` and `route`, in this process."""

import json
import sys
from pathlib import Path

import pytest

from spanglass_server.cli.main import main

_CONFIG = """
route:
  receiver: team
  routes:
  - {matchers: [severity="critical"], receiver: pager, continue: true}
  - {receiver: other, match: {a: b}}
receivers:
- name: team
- {name: pager, webhook_configs: [{url_file: secret}]}
- name: other
- name: unused
"""


def _run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["spanglass", "notify", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out, printed.err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(_CONFIG)
    return path


def test_a_good_configuration_is_summed_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    status, out, _ = _run(monkeypatch, capsys, "check", str(file))
    assert status == 0
    assert "3 routes, 4 receivers, 0 inhibition rules, 0 time intervals" in out
    assert "unused: nobody is told  (no route leads here)" in out
    status, out, _ = _run(monkeypatch, capsys, "check", str(file), "--json")
    assert json.loads(out)["receivers"]["pager"] == ["webhook"]
    assert json.loads(out)["unused_receivers"] == ["unused"]


def test_a_wrong_configuration_is_told_with_its_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text(_CONFIG.replace("receiver: other, match", "receiver: nobody, match"))
    status, out, error = _run(monkeypatch, capsys, "check", str(file))
    assert (status, out) == (1, "")
    assert "line 6: there is no receiver `nobody`" in error


def test_a_missing_file_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, error = _run(monkeypatch, capsys, "check", str(tmp_path / "none.yml"))
    assert status == 1
    assert "cannot read" in error


def test_labels_lead_to_receivers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    assert _run(monkeypatch, capsys, "route", str(file), "severity=critical", "a=b")[1] == "pager\nother\n"
    assert _run(monkeypatch, capsys, "route", str(file), "severity=info")[1] == "team\n"
    assert _run(monkeypatch, capsys, "route", str(file), "a=b", "--json")[1] == '[\n  "other"\n]\n'
    assert _run(monkeypatch, capsys, "route", str(file), "severity")[0] == 2
