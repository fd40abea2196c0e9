"""Rule files, and what is wrong with them."""

import pytest

from spanglass_server.rules.files import RuleFileInvalid, parse_rule_file

GOOD = """
groups:
  - name: g
    interval: 30s
    query_offset: 1m
    limit: 5
    labels: {team: a, tier: 1}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {tier: 2}
      - alert: Down
        expr: up == 0
        for: 1h30m
        keep_firing_for: 5m
        labels:
          severity: page
          empty:
        annotations:
          summary: "{{ $labels.job }} is down"
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(RuleFileInvalid) as error:
        parse_rule_file(text, name="f.yml")
    return [str(problem) for problem in error.value.problems]


def test_a_file_is_read_with_everything_that_prometheus_knows() -> None:
    (group,) = parse_rule_file(GOOD, name="f.yml").groups
    assert (group.name, group.interval_ms, group.query_offset_ms, group.limit) == ("g", 30_000, 60_000, 5)
    recording, alerting = group.rules
    assert (recording.kind, recording.name, recording.expression) == (
        "recording",
        "job:up:sum",
        "sum by (job) (up)",
    )
    assert recording.labels == (("team", "a"), ("tier", "2"))
    assert (alerting.for_ms, alerting.keep_firing_for_ms) == (5_400_000, 300_000)
    assert alerting.labels == (("empty", ""), ("severity", "page"), ("team", "a"), ("tier", "1"))
    assert alerting.annotations == (("summary", "{{ $labels.job }} is down"),)
    assert (recording.line, alerting.line) == (9, 12)


@pytest.mark.parametrize("text", ["", "groups:\n", "groups: []", "# nothing\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert not parse_rule_file(text, name="f.yml").groups


def test_anchors_and_merges_work() -> None:
    text = """
groups:
- name: g
  rules:
  - &a {alert: A, expr: up == 0, labels: &l {severity: page}}
  - {<<: *a, alert: B, labels: {<<: *l, team: x}}
"""
    first, second = parse_rule_file(text, name="f.yml").groups[0].rules
    assert (second.name, second.expression) == ("B", first.expression)
    assert second.labels == (("severity", "page"), ("team", "x"))


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{expr: up}", "6:7: group \"g\": one of 'record' or 'alert' must be set"),
        ("{alert: A, record: b, expr: up}", "only one of 'record' and 'alert' must be set"),
        ("{alert: A}", "field 'expr' must be set in rule"),
        (
            "{alert: A, expr: 'sum('}",
            "could not parse expression: 1:5: parse error: unclosed left parenthesis",
        ),
        ("{record: a, expr: up, for: 5m}", "invalid field 'for' in recording rule"),
        ("{record: a, expr: up, annotations: {a: b}}", "invalid field 'annotations' in recording rule"),
        ("{record: 'a{}', expr: up}", "braces present in the recording rule name"),
        ("{alert: A, expr: up, foo: 1}", "field foo not found"),
        ("{alert: A, expr: up, for: 5 minutes}", '`for`: not a valid duration string: "5 minutes"'),
        ("{alert: A, expr: up, labels: {__name__: x}}", "invalid label name: __name__"),
        ("{alert: A, expr: up, labels: [a]}", "labels are a mapping of names to values"),
        ("{alert: A, expr: up, labels: {a: [b]}}", "expected a text here"),
        ("{alert: A, expr: up, labels: {a: b, a: c}}", 'mapping key "a" already defined'),
        ("{alert: A, alert: B, expr: up}", 'mapping key "alert" already defined'),
        ("{alert: A, expr: up, annotations: {s: '{{ foo }}'}}", 'function "foo" not defined'),
        ("{alert: A, expr: up, labels: {s: '{{ $x }}'}}", 'undefined variable "$x"'),
        ("text", "a rule is a mapping"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_place(rule: str, problem: str) -> None:
    text = f"groups:\n  - name: g\n    rules:\n\n\n    - {rule}\n"
    found = problems_of(text)
    assert any(problem in one for one in found), found
    assert all(one.startswith("6:") for one in found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("foo: 1", "1:1: field foo not found"),
        ("groups: {a: 1}", "`groups` is a list"),
        ("- a", "a rule file is a mapping"),
        ("groups:\n- rules: []", "2:3: Groupname must not be empty"),
        ("groups:\n- name: a\n- name: a", 'groupname: "a" is repeated in the same file'),
        ("groups:\n- name: a\n  interval: 500ms", "shorter than a second"),
        ("groups:\n- name: a\n  limit: many", "`limit`: `many` is not a number"),
        ("groups:\n  - name: a: b", "2:12: not YAML: mapping values are not allowed here"),
        ("\tgroups:", "1:1: not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\n---\nb: 1", "not YAML: but found another document"),
        ("groups: [" * 5000, "not YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(text: str, problem: str) -> None:
    assert problem in problems_of(text)[0]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'up >'}\n  - {alert: B, expr: up, for: x}\n"
    with pytest.raises(RuleFileInvalid) as error:
        parse_rule_file(text, name="f.yml")
    assert len(error.value.problems) == 2
    assert error.value.message.startswith("f.yml: 4:")
    assert error.value.message.endswith("(and 1 more)")
