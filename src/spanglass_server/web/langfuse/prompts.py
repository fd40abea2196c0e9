"""Prompts: created, labelled, fetched by label or version."""

import re
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator

from spanglass_server.base.errors import BadInput, NotFound, QueryInvalid
from spanglass_server.store.library import LATEST, PRODUCTION, NewPrompt, Prompt, PromptQuery, PromptSummary
from spanglass_server.web.callers import Administering, Reading, Serving, Writing
from spanglass_server.web.documents import Name, Text, body_of, raw
from spanglass_server.web.langfuse.documents import (
    Document,
    Paging,
    int_param,
    json_response,
    page_json,
    time_param,
    time_text,
)
from spanglass_server.web.langfuse.prompt_references import resolve_references
from spanglass_server.wire.json_documents import json_text

router = APIRouter()


_LABEL: Final = re.compile(r"[a-z0-9_.-]{1,36}")
_LABELS_MAX: Final = 100


def _checked_name(name: str) -> str:
    if "|" in name or "//" in name or name.startswith("/") or name.endswith("/"):
        raise ValueError("holds '|', an empty folder, or a slash at its start or end")
    return name


def _checked_labels(labels: list[str] | None) -> list[str] | None:
    for label in labels or ():
        if not _LABEL.fullmatch(label):
            raise ValueError(f"'{label}' is not 1 to 36 of a-z, 0-9, '_', '-', '.'")
    if len(labels or ()) > _LABELS_MAX:
        raise ValueError(f"are more than {_LABELS_MAX}")
    return labels


PromptName = Annotated[Name, AfterValidator(_checked_name)]
Labels = Annotated[list[str] | None, AfterValidator(_checked_labels)]


class PromptBody(Document):
    name: PromptName
    prompt: str | list[dict[str, Any]]
    type: Literal["text", "chat"] | None = None
    config: Any = None
    labels: Labels = None
    tags: list[Name] | None = None
    commit_message: Text | None = None
    is_active: bool = False
    """What the label `production` was called once."""


class LabelsBody(Document):
    new_labels: Labels


@router.patch("/v2/prompts/{name:path}/versions/{version:int}")
def put_labels(
    caller: Writing,
    services: Serving,
    name: str,
    version: int,
    body: Annotated[LabelsBody, Depends(body_of(LabelsBody))],
) -> Response:
    labels = body.new_labels or []
    if LATEST in labels:
        raise BadInput("the label 'latest' is the server's: it is always on the newest version")
    prompt = services.library.prompts.label(caller.project.id, name, version, labels)
    return json_response(_prompt_json(prompt))


@router.post("/v2/prompts")
def create_prompt(
    caller: Writing, services: Serving, body: Annotated[PromptBody, Depends(body_of(PromptBody))]
) -> Response:
    new = _new_prompt(body)
    try:
        resolve_references(services.library.prompts, caller.project.id, new.name, new.prompt)
    except NotFound as missing:
        raise BadInput(missing.message) from None
    prompt = services.library.prompts.create(caller.project.id, new)
    return json_response(_prompt_json(prompt), 201)


@router.get("/v2/prompts")
def list_prompts(
    caller: Reading,
    services: Serving,
    page: Paging,
    updated_from_ns: Annotated[int | None, Depends(time_param("fromUpdatedAt"))],
    updated_to_ns: Annotated[int | None, Depends(time_param("toUpdatedAt"))],
    name: Annotated[str, Query()] = "",
    label: Annotated[str, Query()] = "",
    tag: Annotated[str, Query()] = "",
) -> Response:
    query = PromptQuery(name, label, tag, updated_from_ns, updated_to_ns)
    found = services.library.prompts.list(caller.project.id, query, page)
    return json_response(page_json(page, found, [_summary_json(summary) for summary in found.items]))


@router.get("/v2/prompts/{name:path}")
def get_prompt(
    caller: Reading,
    services: Serving,
    request: Request,
    name: str,
    label: Annotated[str, Query()] = "",
    resolve: Annotated[bool, Query()] = True,
) -> Response:
    """By version, by label, or the one in production; with the prompts that it refers to in their places."""
    version = _version_of(request, label)
    prompts, project_id = services.library.prompts, caller.project.id
    prompt = prompts.get(project_id, name, version=version, label=label)
    if resolve:
        text = resolve_references(prompts, project_id, prompt.name, prompt.prompt)
        prompt = prompt._replace(prompt=text)
    return json_response(_prompt_json(prompt))


@router.delete("/v2/prompts/{name:path}")
def delete_prompt(
    caller: Administering,
    services: Serving,
    request: Request,
    name: str,
    label: Annotated[str, Query()] = "",
) -> Response:
    """All versions, or the one of this version or label."""
    version = _version_of(request, label)
    services.library.prompts.delete(caller.project.id, name, version=version, label=label)
    return Response(status_code=204)


def _version_of(request: Request, label: str) -> int | None:
    version = int_param(request, "version")
    if version is not None and label:
        raise QueryInvalid("a prompt is asked for by `version` or by `label`, not by both")
    return version


def _new_prompt(body: PromptBody) -> NewPrompt:
    is_chat = isinstance(body.prompt, list)
    if (body.type or "text") != ("chat" if is_chat else "text") and body.type is not None:
        wanted = "an array of messages" if body.type == "chat" else "a string"
        raise BadInput(f"`prompt` of the type '{body.type}' has to be {wanted}")
    if isinstance(body.prompt, list):
        _check_messages(body.prompt)
    labels = [*(body.labels or ()), *([PRODUCTION] if body.is_active else [])]
    return NewPrompt(
        name=body.name,
        type="chat" if is_chat else "text",
        prompt=json_text(body.prompt),
        config=json_text({} if body.config is None else body.config),
        labels=labels,
        tags=body.tags,
        commit_message=body.commit_message,
    )


def _check_messages(messages: list[dict[str, Any]]) -> None:
    """A message has a role and content, a placeholder a name; whatever else they have is kept."""
    for position, message in enumerate(messages):
        if message.get("type") == "placeholder":
            if not isinstance(message.get("name"), str):
                raise BadInput(f"`prompt.{position}`: a placeholder has to have a name")
        elif not isinstance(message.get("role"), str) or "content" not in message:
            raise BadInput(f"`prompt.{position}`: a message has to have a role and content")


def _prompt_json(prompt: Prompt) -> dict[str, Any]:
    return {
        "type": prompt.type,
        "name": prompt.name,
        "version": prompt.version,
        "prompt": raw(prompt.prompt),
        "config": raw(prompt.config),
        "labels": prompt.labels,
        "tags": prompt.tags,
        "commitMessage": prompt.commit_message,
        "resolutionGraph": None,
        "createdAt": time_text(prompt.created_at_ns),
        "updatedAt": time_text(prompt.updated_at_ns),
    }


def _summary_json(summary: PromptSummary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "type": summary.type,
        "versions": summary.versions,
        "labels": summary.labels,
        "tags": summary.tags,
        "lastUpdatedAt": time_text(summary.updated_at_ns),
        "lastConfig": raw(summary.config),
    }
