"""Prompts, a dataset with a run, and a picture; Langfuse's Python SDK 2."""

import base64
import urllib.request
from typing import Any

import journal
from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe
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
    langfuse.create_prompt(name=name, prompt="Answer {{question}}, politely.", labels=[])
    first = langfuse.get_prompt(name)
    latest = langfuse.get_prompt(name, label="latest")
    langfuse.update_prompt(name=name, version=2, new_labels=["production", "tested"])
    promoted = langfuse.get_prompt(name, cache_ttl_seconds=0)
    missing = langfuse.get_prompt("support/missing", fallback="Say {{word}}", max_retries=1)
    trace = langfuse.trace(name="prompted")
    trace.generation(name="answer", prompt=first, output="yes").end()
    return {
        "versions": [first.version, latest.version, promoted.version],
        "compiled": [one.compile(question="why") for one in (first, latest, promoted)],
        "labels": promoted.labels,
        "first": {"config": first.config, "tags": first.tags, "commit_message": first.commit_message},
        "missing": missing.compile(word="hi"),
        "trace_id": trace.id,
    }


def chat_prompt() -> list[dict[str, str]]:
    langfuse.create_prompt(
        name="chat",
        type="chat",
        prompt=[{"role": "system", "content": "Be {{mood}}."}, {"role": "user", "content": "{{question}}"}],
        labels=["production"],
    )
    return langfuse.get_prompt("chat", type="chat").compile(mood="brief", question="Why?")


@observe()
def add(numbers: dict[str, int]) -> str:
    return str(numbers["a"] + numbers["b"])


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
    trace_ids = []
    for item in found.items:
        with item.observe(run_name="adding-1", run_description="by hand") as trace_id:
            trace_ids.append(trace_id)
            add(item.input)
            langfuse.score(trace_id=trace_id, name="is_exact", value=1.0)
    langfuse_context.flush()
    langfuse.flush()
    run = langfuse.get_dataset_run("sums", "adding-1")
    return {
        "description": found.description,
        "metadata": found.metadata,
        "items": sorted((item.id, item.input, item.expected_output, item.metadata) for item in found.items),
        "run_name": run.name,
        "trace_ids": trace_ids,
        "run_trace_ids": [one.trace_id for one in run.dataset_run_items],
        "runs": [one.name for one in langfuse.get_dataset_runs("sums").data],
    }


def picture() -> dict[str, Any]:
    media = LangfuseMedia(content_bytes=PICTURE, content_type="image/png")
    trace = langfuse.trace(name="looking", input={"image": media})
    langfuse.flush()
    found = langfuse.client.media.get(media._media_id)
    with urllib.request.urlopen(found.url) as answer:
        is_same = answer.read() == PICTURE
    return {
        "trace_id": trace.id,
        "id": found.media_id,
        "type": found.content_type,
        "length": found.content_length,
        "is_same": is_same,
    }


made = {"prompts": prompts(), "chat": chat_prompt(), "dataset": dataset(), "picture": picture()}
langfuse.flush()
journal.report(**made)
