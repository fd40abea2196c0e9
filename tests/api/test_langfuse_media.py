"""Langfuse's media over HTTP: announced, uploaded to a signed URL, looked up, downloaded."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.langfuse_library import LangfuseLibrary

from spanglass_server.model.redaction import RedactionPolicy

MEDIA = "/api/public/media"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
BYTES_MAX = 100_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangfuseLibrary]:
    made = LangfuseLibrary(tmp_path_factory.mktemp("library"), media_bytes_max=BYTES_MAX)
    yield made
    made.close()


@pytest.fixture
def library(server: LangfuseLibrary) -> LangfuseLibrary:
    server.renew()
    return server


def announcement(content: bytes, content_type: str = "image/png", **more: Any) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "traceId": "68ce771cedc1a5e800e6d56566276719",
        "observationId": None,
        "contentType": content_type,
        "contentLength": len(content),
        "sha256Hash": digest,
        "field": "input",
        **more,
    }


def announce(library: LangfuseLibrary, content: bytes, content_type: str = "image/png") -> dict[str, Any]:
    answer = library.client.post(MEDIA, json=announcement(content, content_type))
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


def upload(library: LangfuseLibrary, content: bytes, content_type: str = "image/png") -> str:
    """The media id."""
    told = announce(library, content, content_type)
    sent = library.keyless_client().put(_path(told["uploadUrl"]), content=content)
    assert sent.status_code == 200, sent.text
    return str(told["mediaId"])


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_the_id_is_the_one_that_the_sdks_insist_on(library: LangfuseLibrary) -> None:
    recorded = announcement(b"1234567", sha256Hash="yftzY0m45fylI0cAfRJuGehmm9qU4ky3RVepv0Xr6mI=")
    assert library.client.post(MEDIA, json=recorded).json()["mediaId"] == "yftzY0m45fylI0cAfRJuGe"


def test_a_file_is_uploaded_without_a_key_and_downloaded_again(library: LangfuseLibrary) -> None:
    media_id = upload(library, PNG)
    report = {"uploadedAt": "2026-11-23T10:41:21Z", "uploadHttpStatus": 200, "uploadTimeMs": 4}
    assert library.client.patch(f"{MEDIA}/{media_id}", json=report).status_code == 204
    told = library.client.get(f"{MEDIA}/{media_id}").json()
    assert (told["mediaId"], told["contentType"], told["contentLength"]) == (media_id, "image/png", len(PNG))
    assert told["uploadedAt"] < told["urlExpiry"]
    download = library.keyless_client().get(_path(told["url"]))
    assert (download.content, download.headers["content-type"]) == (PNG, "image/png")
    assert "content-encoding" not in download.headers, "it is compressed already"
    head = library.keyless_client().head(_path(told["url"]))
    assert (head.headers["content-length"], head.content) == (str(len(PNG)), b"")


def test_what_is_stored_already_is_not_asked_for_again(library: LangfuseLibrary) -> None:
    upload(library, PNG)
    assert announce(library, PNG)["uploadUrl"] is None
    library.renew()
    assert announce(library, PNG)["uploadUrl"] is not None, "of another project"


def test_what_was_announced_only_is_not_found(library: LangfuseLibrary) -> None:
    media_id = announce(library, PNG)["mediaId"]
    answer = library.client.get(f"{MEDIA}/{media_id}")
    assert (answer.status_code, answer.json()["error"]) == (404, "LangfuseNotFoundError")
    assert library.client.get(f"{MEDIA}/nothing").status_code == 404
    assert library.client.patch(f"{MEDIA}/nothing", json={}).status_code == 404


@pytest.mark.parametrize("content", [PNG[:-1], PNG + b"x", PNG[:-1] + b"x", b""])
def test_other_content_than_announced_is_refused(library: LangfuseLibrary, content: bytes) -> None:
    told = announce(library, PNG)
    answer = library.keyless_client().put(_path(told["uploadUrl"]), content=content)
    assert answer.status_code in (400, 413)
    assert library.client.get(f"{MEDIA}/{told['mediaId']}").status_code == 404


def test_a_url_opens_one_medium_for_one_method_of_one_project(library: LangfuseLibrary) -> None:
    anyone = library.keyless_client()
    first, second = announce(library, PNG), announce(library, PNG + b"2")
    path = _path(first["uploadUrl"])
    assert anyone.put(path.replace(first["mediaId"], second["mediaId"]), content=PNG).status_code == 403
    assert anyone.get(path).status_code == 403
    assert anyone.put(path.replace("signature=", "signature=x"), content=PNG).status_code == 403
    assert anyone.put(path.replace("expires=", "expires=9"), content=PNG).status_code == 403
    assert anyone.put(f"{MEDIA}/{first['mediaId']}/content", content=PNG).status_code in (400, 403)
    mine = library.project
    library.renew()
    announce(library, PNG)
    moved = path.replace(mine.id, library.project.id)
    assert anyone.put(moved, content=PNG).status_code == 403
    assert anyone.put(path, content=PNG).status_code == 200
    assert library.client.get(f"{MEDIA}/{first['mediaId']}").status_code == 404


def test_a_url_expires(library: LangfuseLibrary) -> None:
    told = announce(library, PNG)
    library.advance_s(16 * 60)
    answer = library.keyless_client().put(_path(told["uploadUrl"]), content=PNG)
    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_over_a_limit_there_is_no_url_and_no_error(library: LangfuseLibrary) -> None:
    big = b"x" * (BYTES_MAX + 1)
    assert announce(library, big)["uploadUrl"] is None
    for number in range(4):
        upload(library, bytes([number]) * BYTES_MAX)
    assert announce(library, b"one more")["uploadUrl"] is None, "the project is full"


@pytest.mark.parametrize(
    ("content_type", "served", "disposition"),
    [
        ("image/gif", "image/gif", "inline"),
        ("audio/wav", "audio/wav", "inline"),
        ("text/plain", "text/plain", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("application/javascript", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
    ],
)
def test_content_is_served_so_that_no_browser_runs_it(
    library: LangfuseLibrary, content_type: str, served: str, disposition: str
) -> None:
    media_id = upload(library, b"<script>alert(1)</script>", content_type)
    told = library.client.get(f"{MEDIA}/{media_id}").json()
    headers = library.keyless_client().get(_path(told["url"])).headers
    assert headers["content-type"].partition(";")[0] == served
    assert headers["content-disposition"].startswith(disposition)
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"host": "traces.example:8080"}, "http://traces.example:8080/"),
        ({"host": "[::1]:4318"}, "http://[::1]:4318/"),
        ({"host": "inner", "x-forwarded-host": "outer", "x-forwarded-proto": "https"}, "https://outer/"),
        ({"host": "inner", "x-forwarded-proto": "https, http"}, "https://inner/"),
        ({"host": "a", "x-forwarded-prefix": "/spanglass"}, "http://a/spanglass/"),
        ({"host": "a", "x-forwarded-host": "evil/x?y", "x-forwarded-proto": "javascript"}, "http://"),
        ({"host": "a", "x-forwarded-prefix": "//evil.example"}, "http://a/api"),
    ],
)
def test_urls_lead_to_the_host_that_the_caller_used(
    library: LangfuseLibrary, headers: dict[str, str], base: str
) -> None:
    url = library.client.post(MEDIA, json=announcement(PNG), headers=headers).json()["uploadUrl"]
    assert url.startswith(base)
    assert "evil" not in url


@pytest.mark.parametrize(
    "change",
    [
        {"sha256Hash": "short"},
        {"sha256Hash": "é"},
        {"contentType": "text/html; charset=x"},
        {"contentType": "a/b\r\nx: y"},
        {"contentLength": 0},
        {"contentLength": 2**70},
    ],
)
def test_a_bad_announcement_is_refused(library: LangfuseLibrary, change: dict[str, Any]) -> None:
    answer = library.client.post(MEDIA, json=announcement(PNG) | change)
    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or answer.json()["uploadUrl"] is None


def test_items_tell_the_media_they_refer_to(library: LangfuseLibrary) -> None:
    media_id = upload(library, PNG)
    reference = f"@@@langfuseMedia:type=image/png|id={media_id}|source=bytes@@@"
    missing = "@@@langfuseMedia:type=image/png|id=nothing|source=bytes@@@"
    library.client.post("/api/public/v2/datasets", json={"name": "ds"})
    body = {"datasetName": "ds", "input": {"a": [missing, reference]}, "metadata": f"see {reference}"}
    item = library.client.post("/api/public/dataset-items", json=body).json()
    (found,) = item["mediaReferences"]
    assert (found["field"], found["jsonPath"]) == ("input", "$['a'][1]")
    assert (found["referenceString"], found["media"]["mediaId"]) == (reference, media_id)
    assert library.keyless_client().get(_path(found["media"]["url"])).content == PNG


def test_scopes_are_kept_to(library: LangfuseLibrary) -> None:
    media_id = upload(library, PNG)
    reader = library.client_of(library.project, "read")
    sender = library.client_of(library.project, "ingest")
    assert reader.post(MEDIA, json=announcement(PNG)).status_code == 403
    assert sender.get(f"{MEDIA}/{media_id}").status_code == 403
    assert library.keyless_client().get(f"{MEDIA}/{media_id}").status_code == 401


def test_spanglass_own_api_links_a_file_on_the_same_server(library: LangfuseLibrary) -> None:
    media_id = upload(library, PNG)
    told = library.own_client().get(f"/api/v1/media/{media_id}").json()
    assert (told["media_id"], told["content_type"], told["length_bytes"]) == (media_id, "image/png", len(PNG))
    assert told["url"].startswith("/api/public/media/")
    assert library.keyless_client().get(told["url"]).content == PNG
    announced = announce(library, PNG + b"2")["mediaId"]
    assert library.own_client().get(f"/api/v1/media/{announced}").status_code == 404
    library.renew()
    assert library.own_client().get(f"/api/v1/media/{media_id}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-3", 206, PNG[:4]),
        ("bytes=10-", 206, PNG[10:]),
        ("bytes=-5", 206, PNG[-5:]),
        ("bytes=5-999999999", 206, PNG[5:]),
        ("bytes=999999999-", 200, PNG),
        ("bytes=4-2", 200, PNG),
        ("bytes=-", 200, PNG),
        ("bytes=0-1,4-5", 200, PNG),
        ("lines=1-2", 200, PNG),
    ],
)
def test_a_player_gets_the_range_that_it_asks_for(
    library: LangfuseLibrary, asked: str, status: int, content: bytes
) -> None:
    url = _path(library.client.get(f"{MEDIA}/{upload(library, PNG)}").json()["url"])
    answer = library.keyless_client().get(url, headers={"range": asked})
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers["content-length"] == str(len(content))
    assert ("content-range" in answer.headers) is (status == 206)


def test_a_public_key_alone_may_not_send_or_see_files(library: LangfuseLibrary) -> None:
    media_id = upload(library, PNG)
    public_key = library.directory.list_keys(library.project.id)[0].public_key
    anyone = library.keyless_client()
    anyone.headers["authorization"] = f"Bearer {public_key}"
    assert anyone.post(MEDIA, json=announcement(PNG)).status_code in (401, 403)
    assert anyone.get(f"{MEDIA}/{media_id}").status_code in (401, 403)
    assert anyone.get("/api/public/v2/prompts").status_code in (401, 403)


def test_a_project_that_takes_no_files_gets_none(library: LangfuseLibrary) -> None:
    library.redaction.put(library.project.id, RedactionPolicy(stores_media=False))
    content = b"a picture"
    told = announce(library, content)
    assert told["uploadUrl"] is None
    assert library.client.get(f"{MEDIA}/{told['mediaId']}").status_code == 404


def test_a_file_that_was_announced_before_is_not_kept_either(library: LangfuseLibrary) -> None:
    content = b"another picture"
    told = announce(library, content)
    library.redaction.put(library.project.id, RedactionPolicy(stores_content=False))
    assert library.keyless_client().put(_path(told["uploadUrl"]), content=content).status_code == 200
    assert library.client.get(f"{MEDIA}/{told['mediaId']}").status_code == 404
