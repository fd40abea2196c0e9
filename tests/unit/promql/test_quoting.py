"""Strings of PromQL that are no text."""

from tests.support.promql import ask, stored, values_of

from spanglass_server.promql.parse import parse_selector
from spanglass_server.promql.quoting import as_text, unquote


def test_a_literal_holds_any_bytes_and_its_text_replaces_those_that_are_none() -> None:
    assert unquote(r'"a\xffb"') == "a\udcffb"
    assert as_text("a\udcffb") == "a\ufffdb"
    assert as_text("é漢") == "é漢"


def test_matchers_ask_storage_for_text_only() -> None:
    (matcher,) = parse_selector(r'{a="\xff"}')
    assert matcher.value == "\ufffd"
    series = stored('up{a="1"} 1')
    assert values_of(ask(series, r'up{a="\xff"}')) == {}
    assert values_of(ask(series, r'up{a!="\xff"}')) == {'up{a="1"}': 1}
    assert values_of(ask(series, r'absent(up{a="\xff"})')) == {'{a="\ufffd"}': 1}
