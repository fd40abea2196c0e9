"""Go's text/template."""

import contextlib
import math
from typing import Any

import pytest

from spanglass_server.gotemplate import (
    Record,
    RenderLimits,
    TemplateError,
    TemplateFailed,
    TemplateInvalid,
    parse,
    sprint,
    sprintf,
)
from spanglass_server.gotemplate.functions import FUNCTIONS
from spanglass_server.gotemplate.times import format_time, time_record

DATA = {
    "Labels": {"a": "x", "b": "y"},
    "Value": 1234567.0,
    "List": [1, 2, 3],
    "Empty": [],
    "Person": Record(
        type_name="main.Person",
        fields={"Name": "Ada", "Tags": ["m", "n"]},
        methods={"Greet": lambda who: f"hello {who}"},
    ),
    "Set": Record(type_name="main.Set", value={"k": "v"}, methods={"Names": lambda: ["k"]}),
}


def render(source: str, data: object = DATA, **options: Any) -> str:
    return parse(source, name="test", functions=FUNCTIONS).render(data, **options)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain text", "plain text"),
        ("{{ 1 }}{{ 0x10 }}{{ 1_000 }}{{ -1.5e3 }}{{ 'a' }}{{ `r\\n` }}{{ true }}", "1161000-150097r\\ntrue"),
        ("a {{- 1 -}} b", "a1b"),
        ("a {{/* no */}} b {{- /* no */ -}} c", "a  bc"),
        ("}} {{ 1 }} }}", "}} 1 }}"),
        ("{{ .Labels.a }}{{ .Labels.none }}", "x"),
        ("{{ .Labels }} {{ .List }} {{ nil }} {{ .Value }}", "map[a:x b:y] [1 2 3] <no value> 1.234567e+06"),
        ("{{ $x := .Labels }}{{ $x.b }}{{ $x = 2 }}{{ $x }}", "y2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ if .Empty }}a{{ else if .Labels.a }}b{{ else }}c{{ end }}", "b"),
        ("{{ with .Labels.none }}a{{ else with .Labels.b }}{{ . }}{{ end }}", "y"),
        ("{{ range .List }}{{ . }},{{ end }}", "1,2,3,"),
        ("{{ range $i, $e := .List }}{{ $i }}={{ $e }} {{ end }}", "0=1 1=2 2=3 "),
        ("{{ range $k, $v := .Labels }}{{ $k }}{{ $v }}{{ end }}", "axby"),
        ("{{ range .Empty }}a{{ else }}none{{ end }}", "none"),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        ("{{ range .List }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "13"),
        ("{{ range .List }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}", "1"),
        ('{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .Labels.a }}', "<x>"),
        ('{{ define "x" }}{{ .arg0 }}{{ .arg1 }}{{ end }}{{ template "x" (args 1 "2") }}', "12"),
        ('{{ block "x" .Labels }}{{ .a }}{{ end }}', "x"),
        ('{{ printf "%.2f" .Value | print "v=" }}', "v=1234567.00"),
        ('{{ .Labels.a | len | printf "%d-%d" 3 }}', "3-1"),
        ("{{ and 1 0 .none.none }} {{ or 0 `` `z` }} {{ not true }}", "0 z false"),
        ("{{ eq 1 2 1 }} {{ ne 1 2 }} {{ lt 1 2 }} {{ ge 2.0 2.0 }}", "true true true true"),
        ('{{ index .Labels "a" }}{{ index .List 1 }}{{ slice "abcd" 1 3 }}{{ len "äb" }}', "x2bc3"),
        ("{{ (index .List 0) }}{{ ($).Labels.a }}", "1x"),
        ('{{ html "<a>" }} {{ urlquery "a b" }} {{ js "\'<" }}', "&lt;a&gt; a+b \\'\\u003C"),
        ("{{ .Person.Name }} {{ .Person.Greet `you` }} {{ .Person }}", "Ada hello you {Ada [m n]}"),
        ("{{ range .Set.Names }}{{ . }}{{ end }} {{ .Set.k }} {{ len .Set }} {{ .Set }}", "k v 1 map[k:v]"),
        ('{{ "a\\tb\\u00e9\\x41\\"" }}', 'a\tbéA"'),
    ],
)
def test_templates_render_as_go_renders_them(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{", "template: test:1: unclosed action"),
        ("\n\n{{ foo }}", 'template: test:3: function "foo" not defined'),
        ("{{ $y }}", 'template: test:1: undefined variable "$y"'),
        ("{{ if }}x{{ end }}", "missing value for if"),
        ("{{ if true }}", "unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ else }}", "unexpected {{else}}"),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ 1 | 2 }}", "non executable command in pipeline stage 2"),
        ('{{ "x }}', "unterminated quoted string"),
        ("{{/* x }}", "unclosed comment"),
        ("{{\u00a0}}", "unrecognized character in action: U+00A0"),
        ("{{ 1 ) }}", "unexpected <)>"),
        ("{{ ( 1 }}", 'unexpected "}}"'),
        ("{{" + "(" * 80 + "1" + ")" * 80 + "}}", "in one another"),
        ("{{ if true }}" * 80 + "{{ end }}" * 80, "in one another"),
        ("{{ if true }}{{ else }}{{ else }}{{ end }}", "unexpected {{else}}"),
        ("{{ template x }}", "unexpected <x> in template clause"),
        ("{{ $x }}{{ range $x := . }}{{ end }}", "undefined variable"),
    ],
)
def test_what_does_not_parse_is_told_with_its_line(source: str, reason: str) -> None:
    with pytest.raises(TemplateInvalid) as problem:
        render(source)
    assert reason in problem.value.message


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "{{ .Value.Foo }}",
            'template: test:1:3: executing "test" at <.Value.Foo>: can\'t evaluate field Foo',
        ),
        ("{{ .Person.None }}", "can't evaluate field None in type main.Person"),
        ("{{ .Person.Name 1 }}", "Name has arguments but cannot be invoked as function"),
        ("{{ gt .Value 1 }}", "error calling gt: incompatible types for comparison"),
        ("{{ humanize }}", "wrong number of args for humanize"),
        ('{{ humanize "one" }}', 'strconv.ParseFloat: parsing "one": invalid syntax'),
        ("{{ index .List 9 }}", "index out of range: 9"),
        ('{{ "a" "b" }}', 'can\'t give argument to non-function "a"'),
        ('{{ template "none" }}', 'template "none" not defined'),
        ("{{ range .Value }}{{ end }}", "range can't iterate over 1.234567e+06"),
        ('{{ match "(" "a" }}', "error parsing regexp"),
        ("{{ len 3 }}", "len of type int"),
    ],
)
def test_what_fails_on_the_data_is_told_with_its_place(source: str, reason: str) -> None:
    with pytest.raises(TemplateFailed) as problem:
        render(source)
    assert reason in problem.value.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ range 1000000000 }}{{ end }}",
        "{{ range 40000 }}{{ range 40000 }}{{ end }}{{ end }}",
        '{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}',
        '{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}',
        '{{ range 2000 }}{{ printf "%1000d" 1 }}{{ end }}',
        '{{ printf "%99999999d" 1 }}',
        '{{ printf "%.*f" 99999999 1.0 }}',
        '{{ printf "%' + "9" * 6000 + 'd" 1 }}',
        "{{ $x := 1 }}{{ range 5000 }}{{ $x = args $x }}{{ end }}{{ $x }}",
        "{{ index .Labels .List }}",
    ],
)
def test_no_template_takes_for_ever_or_all_memory(source: str) -> None:
    with pytest.raises(TemplateFailed):
        render(source)


def test_limits_are_the_callers() -> None:
    with pytest.raises(TemplateFailed, match="longer than 10 characters"):
        render("0123456789a", limits=RenderLimits(output_chars_max=10))


@pytest.mark.parametrize("source", ["{{ .__class__ }}", "{{ .Labels.__class__ }}", "{{ .Person.__class__ }}"])
def test_python_itself_is_out_of_reach(source: str) -> None:
    with contextlib.suppress(TemplateError):
        assert "class" not in render(source)


def test_a_template_calls_what_others_define_and_functions_can_be_replaced() -> None:
    shared = parse('{{ define "x" }}[{{ title . }}]{{ end }}', name="shared", functions=FUNCTIONS)
    template = parse('{{ template "x" "a b" }}', name="t", functions=FUNCTIONS).with_bodies([shared])
    assert template.render(None) == "[A B]"
    assert template.render(None, functions={"title": lambda text: f"{text}!"}) == "[a b!]"
    assert template.render("q r", name="x") == "[Q R]"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("%v %g %d %s", [1000000.0, 123456789.0, 1, "a"], "1e+06 1.23456789e+08 1 a"),
        ("%d|%s|%z", [1.5, 1.5, 1], "%!d(float64=1.5)|%!s(float64=1.5)|%!z(int=1)"),
        ("%5.1f|%-6s|%06.2f|%+d|% d", [2.25, "ab", 3.14159, 3, 4], "  2.2|ab    |003.14|+3| 4"),
        (
            "%q %x %X %t %e %c %U",
            ['a"', 255, "hi", True, 12345.678, 65, 233],
            '"a\\"" ff 6869 true 1.234568e+04 A U+00E9',
        ),
        ("%s %d", ["a"], "a %!d(MISSING)"),
        ("%d", [1, 2], "1%!(EXTRA int=2)"),
        ("100%", [], "100%!(NOVERB)"),
        ("%%|%T|%v", [1.0, {"b": 1, "a": 2}], "%|float64|map[a:2 b:1]"),
        ("%f %v %.2f", [math.inf, math.nan, -math.inf], "+Inf NaN -Inf"),
        ("%*d|%-*d|", [4, 1, 4, 1], "   1|1   |"),
        ("%.3v|%.2s|%05d|%x", [1.23456, "abc", -42, "a b"], "1.23|ab|-0042|612062"),
    ],
)
def test_printf_has_gos_verbs(template: str, values: list[object], text: str) -> None:
    assert sprintf(template, values) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (100000.0, "100000"),
        (123456.75, "123456.75"),
        (1e21, "1e+21"),
        (-0.0, "-0"),
        (5e-324, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_floats_print_as_go_prints_them(value: float, text: str) -> None:
    assert sprint([value]) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "{{ humanize 0.0 }}:{{ humanize 1234567.0 }}:{{ humanize .12 }}:{{ humanize `-1` }}",
            "0:1.235M:120m:-1",
        ),
        ("{{ humanize1024 1048576 }}:{{ humanize1024 .12 }}", "1Mi:0.12"),
        ("{{ humanizeDuration 899.99 }}:{{ humanizeDuration -183845 }}", "14m 59s:-2d 3h 4m 5s"),
        (
            "{{ humanizeDuration .0001 }}:{{ humanizeDuration 12.345 }}:{{ humanizeDuration 0 }}",
            "100us:12.35s:0s",
        ),
        ("{{ humanizePercentage .1234567 }}:{{ humanizePercentage 1 }}", "12.35%:100%"),
        ("{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        ("{{ humanizeTimestamp -1 }}", "1969-12-31 23:59:59 +0000 UTC"),
        (
            "{{ range stringSlice `+Inf` `NaN` }}{{ humanize . }}{{ humanizeDuration . }}{{ end }}",
            "+Inf+InfNaNNaN",
        ),
        ('{{ "aa bb CC it\'s" | title }} {{ toUpper "a" }} {{ toLower "B" }}', "Aa Bb CC It'S A b"),
        ('{{ reReplaceAll "(a)b" "x$1${1}$$" "abab" }} {{ match "^a+$" "aa" }}', "xaa$xaa$ true"),
        ('{{ reReplaceAll "(?P<n>a)" "<${n}>" "ba" }}', "b<a>"),
        (
            "{{ stripPort `a.b:1` }} {{ stripPort `[2001:DB8::1]:1` }} {{ stripPort `a` }}",
            "a.b 2001:DB8::1 a",
        ),
        ("{{ stripDomain `a.b.c:1` }} {{ stripDomain `10.0.0.1:1` }}", "a:1 10.0.0.1:1"),
        ('{{ printf "%0.2f" (parseDuration "1h2m10ms") }}', "3720.01"),
        ('{{ join ", " (stringSlice "a" "b") }}{{ trimSpace " c " }}', "a, bc"),
        (
            '{{ (1435065584.128 | toTime).Format "2006-01-02T15:04:05.000Z07:00" }}',
            "2015-06-23T13:19:44.128Z",
        ),
    ],
)
def test_shared_functions_are_prometheus(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("Mon Jan _2 15:04:05 MST 2006", "Tue Jun 23 13:19:44 UTC 2015"),
        ("Monday, 02-Jan-06 3:04PM -0700", "Tuesday, 23-Jun-15 1:19PM +0000"),
        ("2006-01-02T15:04:05.999999999Z07:00", "2015-06-23T13:19:44.128Z"),
        ("January 2, 2006 at 3pm", "June 23, 2015 at 1pm"),
        ("002 05.00", "174 44.12"),
    ],
)
def test_times_have_gos_layouts(layout: str, text: str) -> None:
    assert format_time(1435065584_128_000_000, layout) == text


def test_halves_of_characters_do_not_come_out() -> None:
    assert render('{{ printf "%c" 55296 }}') == "?"


def test_the_zero_time_is_gos() -> None:
    assert sprint([time_record(0, is_zero=True)]) == "0001-01-01 00:00:00 +0000 UTC"
