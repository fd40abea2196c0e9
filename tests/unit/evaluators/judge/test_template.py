"""Variables of rubrics: what they name, and what they stand for."""

import pytest

from spanglass.evaluators import EvaluationTarget, RetrievedDocument, TargetMessage, TargetSpan
from spanglass.evaluators.judge.template import (
    UnknownVariable,
    Variable,
    parse_template,
    read_parts,
    read_texts,
)

TARGET = EvaluationTarget(
    input="What?",
    output="That.",
    documents=(RetrievedDocument(content="one", id="d-1"), RetrievedDocument(content="two")),
    messages=(TargetMessage(role="system", text="Be kind."), TargetMessage(role="user", text="What?")),
    metadata={"plan": "gold", "a.b": "dotted"},
    spans=(
        TargetSpan(span_id="1", name="rewrite", kind="llm", input="What?", output="What is it?"),
        TargetSpan(span_id="2", name="rewrite", kind="llm", input="What?", output="What is that?"),
        TargetSpan(
            span_id="3",
            name="my search.v2",
            kind="retriever",
            input="q",
            output="",
            documents=(RetrievedDocument(content="found", id="x"),),
            attributes={"top.k": "5"},
        ),
    ),
)


def test_variables_stand_in_the_text_by_name_and_come_in_reading_order() -> None:
    template = parse_template("Is {{ output }} right for {{input}}? Compare {{reference?}} and {{output}}.")
    assert template.text == "Is [output] right for [input]? Compare [reference] and [output]."
    assert template.variables == (
        Variable("input", False),
        Variable("reference", True),
        Variable("output", False),
    )


def test_a_variable_that_is_needed_once_is_needed() -> None:
    assert parse_template("{{reference?}} {{reference}}").variables == (Variable("reference", False),)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("input", ("What?",)),
        ("reference", ()),
        ("documents", ("[1] id=d-1\none", "[2]\ntwo")),
        ("messages", ("(system)\nBe kind.", "(user)\nWhat?")),
        ("metadata.plan", ("gold",)),
        ("metadata.a.b", ("dotted",)),
        ("metadata.none", ()),
        ("spans.rewrite.output", ("What is that?",)),
        ("spans.rewrite.output:first", ("What is it?",)),
        ("spans.rewrite.output:last", ("What is that?",)),
        ("spans.rewrite.output:all", ("What is it?", "What is that?")),
        ("spans.my search.v2.documents", ("[1] id=x\nfound",)),
        ('spans."my search.v2".attributes.top.k', ("5",)),
        ("spans.absent.output", ()),
    ],
)
def test_variables_stand_for_texts_of_the_target(name: str, parts: tuple[str, ...]) -> None:
    (variable,) = parse_template("{{" + name + "}}").variables
    assert read_parts(variable.name, TARGET) == parts


@pytest.mark.parametrize(
    "name", ["answer", "", "metadata", "metadata.", "spans.x", "spans.x.cost", "spans..output", "output.x"]
)
def test_unknown_variables_are_told_when_they_are_written(name: str) -> None:
    with pytest.raises(UnknownVariable, match=r"there are messages, input"):
        parse_template("{{" + name + "}}")


@pytest.mark.parametrize("text", ["Judge {{output}.", "{{in{put}}", "{{", "{{output}} and {{ input"])
def test_variables_that_are_not_closed_are_told_when_they_are_written(text: str) -> None:
    with pytest.raises(UnknownVariable, match="not closed"):
        parse_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 15_000,
        "{{a" * 10_000,
        "{{spans" + ".attributes.a" * 2_300 + "}}",
        "{{metadata." + "k" * 29_000 + "}}",
    ],
    ids=["open", "open with text", "span", "metadata"],
)
def test_hostile_rubrics_are_refused_in_short(text: str) -> None:
    with pytest.raises(UnknownVariable) as raised:
        parse_template(text)
    assert len(str(raised.value)) < 600


def test_a_target_without_a_needed_text_is_not_judged() -> None:
    assert read_texts((Variable("reference", False),), TARGET) is None
    assert read_texts((Variable("spans.absent.output", False),), TARGET) is None
    texts = read_texts((Variable("reference", True), Variable("output", False)), TARGET)
    assert texts is not None
    assert [text.parts for text in texts] == [(), ("That.",)]


def test_values_are_never_read_as_variables() -> None:
    target = EvaluationTarget(input="{{output}}", output="secret")
    texts = read_texts((Variable("input", False),), target)
    assert texts is not None
    assert texts[0].parts == ("{{output}}",)
