"""Public links: what they show, what they never show, and when they end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.public_links import open_public_links
from spanglass_server.web.api import public_links as link_models
from spanglass_server.web.api import public_trace_models as models

DAY_NS = 86_400_000_000_000
PRIVATE: dict[str, Any] = {
    "user_id": "private-user",
    "session_id": "private-session",
    "team": "private-team",
    "feature": "private-feature",
    "tags": ("private-tag",),
    "metadata": '{"tenant":"private-tenant"}',
    "resource": '{"host.name":"private-host"}',
    "attributes": '{"enduser.id":"private-attribute"}',
    "links": '[{"trace_id":"private-link","span_id":"1","attributes":{}}]',
    "response_id": "private-response",
}


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    links = open_public_links(url)
    api = JsonApi(embedded_engine, directory, f"secret-{project_id}", public_links=links)
    yield api
    api.close()
    links.close()
    directory.close()


@pytest.fixture
def trace_id(api: JsonApi) -> str:
    spans = [span._replace(**PRIVATE) for span in api.factory.rag_trace()]
    api.store(spans)
    return spans[0].trace_id


def share(api: JsonApi, trace_id: str, status: int = 201, **body: Any) -> Any:
    answer = api.client.post(
        f"/api/v1/traces/{trace_id}/public-link", params={"project": api.project.name}, json=body
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def token_of(link: dict[str, Any]) -> str:
    return str(link["url"]).removeprefix("/p/")


def look(api: JsonApi, token: str, span_id: str = "") -> Any:
    """As somebody without a key, at a server that asks for one."""
    api.require_keys()
    path = f"/api/v1/public/traces/{token}" + (f"/spans/{span_id}" if span_id else "")
    answer = api.client.get(path)
    api.require_keys("off")
    return answer


def revoke(api: JsonApi, link_id: str) -> int:
    return api.client.delete(
        f"/api/v1/public-links/{link_id}", params={"project": api.project.name}
    ).status_code


def test_a_link_shows_its_trace_to_anybody(api: JsonApi, trace_id: str) -> None:
    link = share(api, trace_id, with_payloads=True)
    link_models.NewPublicLinkShape.model_validate(link)
    answer = look(api, token_of(link))
    assert answer.status_code == 200
    assert "noindex" in answer.headers["x-robots-tag"]
    shown = answer.json()
    models.PublicTrace.model_validate(shown)
    assert shown["trace"]["trace_id"] == trace_id
    assert shown["spans"][0]["name"] == "rag_pipeline"
    assert shown["expires_at"].startswith("2026-10-21")
    call = next(span for span in shown["spans"] if span["kind"] == "llm")
    whole = look(api, token_of(link), call["span_id"]).json()
    models.PublicSpan.model_validate(whole)
    assert whole["input_messages"][0]["parts"][0]["text"] == "How do refunds work?"


def test_a_link_never_tells_who_it_was_for_nor_where_from(api: JsonApi, trace_id: str) -> None:
    token = token_of(share(api, trace_id, with_payloads=True))
    shown = look(api, token)
    told = [shown.text, *(look(api, token, span["span_id"]).text for span in shown.json()["spans"])]
    for text in told:
        assert "private-" not in text
        assert api.project.name not in text
        assert api.project.id not in text


def test_a_link_without_payloads_shows_no_texts(api: JsonApi, trace_id: str) -> None:
    token = token_of(share(api, trace_id))
    shown = look(api, token)
    told = [shown.text, *(look(api, token, span["span_id"]).text for span in shown.json()["spans"])]
    assert not any("refunds" in text or "30 days" in text for text in told)
    assert shown.json()["trace"]["total_tokens"] == 750


def test_a_link_opens_no_other_trace(api: JsonApi, trace_id: str) -> None:
    other = api.factory.rag_trace()
    api.store(other)
    token = token_of(share(api, trace_id, with_payloads=True))
    assert look(api, token, other[0].span_id).status_code == 404
    assert look(api, f"{token}/../{other[0].trace_id}").status_code == 404


def test_unknown_revoked_and_expired_links_are_told_alike(api: JsonApi, trace_id: str) -> None:
    revoked, expired = share(api, trace_id), share(api, trace_id, expires_in="1h")
    assert revoke(api, revoked["id"]) == 204
    assert revoke(api, revoked["id"]) == 404
    services = api.app.state.services
    late = NOW_NS + DAY_NS
    api.app.state.services = api.services = replace(services, now_ns=lambda: late)
    answers = [look(api, token) for token in ("unknown", token_of(revoked), token_of(expired))]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_links_end_with_their_trace(api: JsonApi, trace_id: str) -> None:
    link = share(api, trace_id)
    answer = api.client.delete(f"/api/v1/traces/{trace_id}", params={"project": api.project.name})
    assert answer.status_code == 204
    assert look(api, token_of(link)).status_code == 404


def test_links_end_with_their_project(api: JsonApi, trace_id: str) -> None:
    link = share(api, trace_id)
    api.directory.delete_project(api.project.id)
    assert look(api, token_of(link)).status_code == 404


def test_links_are_listed_without_their_address(api: JsonApi, trace_id: str) -> None:
    link = share(api, trace_id, expires_in="7d", with_payloads=True)
    for path in (f"/traces/{trace_id}/public-links", "/public-links"):
        listed = api.get(path)
        link_models.PublicLinkList.model_validate(listed)
        (told,) = listed["items"]
        assert (told["id"], told["with_payloads"], told["is_expired"]) == (link["id"], True, False)
        assert token_of(link) not in str(listed)


@pytest.mark.parametrize("duration", ["", "0d", "7", "366d", "9000h", "1w", "-1d"])
def test_a_link_needs_an_end_within_a_year(api: JsonApi, trace_id: str, duration: str) -> None:
    share(api, trace_id, 400, expires_in=duration)


def test_only_a_stored_trace_is_opened(api: JsonApi) -> None:
    share(api, "0" * 32, 404)


def test_a_trace_has_room_for_fifty_links(api: JsonApi, trace_id: str) -> None:
    for _ in range(50):
        share(api, trace_id)
    assert "revoke" in share(api, trace_id, 400)["hint"]
