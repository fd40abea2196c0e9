"""Prompts, a dataset with an experiment on it, and a picture; Langfuse's Python SDKs 3 to 5."""

import base64
import urllib.request
from typing import Any

import journal
from langfuse import Evaluation, Langfuse
from langfuse.media import LangfuseMedia

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
langfuse = Langfuse()


def prompts() -> dict[str, Any]:
    name = "support/answer"
    langfuse.create_prompt(
        name=name,
        prompt="Answer {{question}} at once.",
        labels=["production"],
        tags=["support"],
        config={"temperature": 0.3},
        commit_message="first",
    )
    langfuse.create_prompt(name=name, prompt="Answer {{question}}, politely.")
    first = langfuse.get_prompt(name)
    latest = langfuse.get_prompt(name, label="latest")
    langfuse.update_prompt(name=name, version=2, new_labels=["production", "tested"])
    promoted = langfuse.get_prompt(name, cache_ttl_seconds=0)
    missing = langfuse.get_prompt("support/missing", fallback="Say {{word}}", max_retries=0)
    with langfuse.start_as_current_observation(as_type="generation", name="answer", prompt=first) as answer:
        answer.update(output="yes")
        trace_id = answer.trace_id
    return {
        "versions": [first.version, latest.version, promoted.version],
        "compiled": [one.compile(question="why") for one in (first, latest, promoted)],
        "labels": promoted.labels,
        "first": {"config": first.config, "tags": first.tags, "commit_message": first.commit_message},
        "missing": missing.compile(word="hi"),
        "trace_id": trace_id,
    }


def chat_prompt() -> list[dict[str, str]]:
    langfuse.create_prompt(
        name="chat",
        type="chat",
        prompt=[
            {"role": "system", "content": "Be {{mood}}."},
            {"type": "placeholder", "name": "history"},
            {"role": "user", "content": "{{question}}"},
        ],
        labels=["production"],
    )
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    return langfuse.get_prompt("chat", type="chat").compile(mood="brief", question="Why?", history=history)


def is_exact(*, output: str, expected_output: str, **_: Any) -> Evaluation:
    return Evaluation(name="is_exact", value=float(output == expected_output), comment="compared")


def dataset() -> dict[str, Any]:
    langfuse.create_dataset(name="sums", description="small ones", metadata={"level": 1})
    for number in (1, 2):
        langfuse.create_dataset_item(
            dataset_name="sums",
            id=f"sum-{number}",
            input={"a": number, "b": 1},
            expected_output=str(number + 1),
            metadata={"number": number},
        )
    found = langfuse.get_dataset("sums")
    result = found.run_experiment(
        name="adding",
        run_name="adding-1",
        description="by hand",
        task=lambda *, item, **_: str(item.input["a"] + item.input["b"]),
        evaluators=[is_exact],
        max_concurrency=2,
    )
    return {
        "description": found.description,
        "metadata": found.metadata,
        "items": sorted((item.id, item.input, item.expected_output, item.metadata) for item in found.items),
        "run_name": result.run_name,
        "trace_ids": [one.trace_id for one in result.item_results],
        "outputs": sorted(one.output for one in result.item_results),
        "scores": [one.value for each in result.item_results for one in each.evaluations],
    }


def picture() -> dict[str, Any]:
    media = LangfuseMedia(content_bytes=PICTURE, content_type="image/png")
    with langfuse.start_as_current_observation(name="look", input={"image": media}) as span:
        span.update(output="a dot")
        trace_id = span.trace_id
    langfuse.flush()
    found = langfuse.api.media.get(media._media_id)
    with urllib.request.urlopen(found.url) as answer:
        is_same = answer.read() == PICTURE
    return {
        "trace_id": trace_id,
        "id": found.media_id,
        "type": found.content_type,
        "length": found.content_length,
        "is_same": is_same,
    }


made = {"prompts": prompts(), "chat": chat_prompt(), "dataset": dataset(), "picture": picture()}
langfuse.flush()
journal.report(**made)
