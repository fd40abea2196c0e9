"""Langfuse's API for prompts, datasets and media in this process, on a real database in a directory."""

import itertools
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from spanglass_server.ingest.redaction import Redaction
from spanglass_server.store.directory import Project, Scope
from spanglass_server.store.experiments import Experiment, ExperimentQuery
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.redaction import open_redaction
from spanglass_server.web.app import build_api, build_langfuse
from spanglass_server.web.audit import AuditTrail
from spanglass_server.web.services import Services

MILLISECOND_NS = 1_000_000


class NoExperiments:
    """What a store without spans answers."""

    def list_experiments(self, project_id: str, query: ExperimentQuery, **page: int) -> list[Experiment]:
        return []

    def list_items(self, project_id: str, query: ExperimentQuery, **page: int) -> list[Mapping[str, Any]]:
        return []


class LangfuseLibrary:
    """A server that asks for keys. Requests go with a key of `project` that has every scope; the clock moves
    a millisecond with each look at it."""

    def __init__(self, directory: Path, *, media_bytes_max: int = 1 << 20) -> None:
        self.now_ns = 1_700_000_000_000_000_000
        url = f"sqlite:///{directory / 'metadata.db'}"
        self.directory = open_directory(url)
        self.directory.migrate()
        limits = MediaLimits(media_bytes_max=media_bytes_max, media_project_bytes_max=4 * media_bytes_max)
        self._library = open_library(url, now_ns=self._tick, limits=limits)
        self._redaction_store = open_redaction(url)
        self.redaction = Redaction(self._redaction_store, clock=self._tick)
        given = {
            "directory": self.directory,
            "audit": AuditTrail(),
            "redaction": self.redaction,
            "library": self._library,
            "experiments": NoExperiments(),
            "auth_mode": "required",
            "version": "1.2.3",
            "now_ns": self._tick,
        }
        absent: dict[str, Any] = {field.name: None for field in fields(Services)}
        self._services = Services(**absent | given)
        self._app = build_langfuse(self._services)
        self._projects = itertools.count(1)
        self.renew()

    def renew(self) -> None:
        """An empty project."""
        self.project = self.directory.create_project(f"shop-{next(self._projects)}")
        self.client = self.client_of(self.project)

    def client_of(self, project: Project, *scopes: Scope) -> TestClient:
        """A client with a new key; without scopes it has them all."""
        key = self.directory.create_key(project.id, scopes=frozenset(scopes or ("ingest", "read", "admin")))
        client = TestClient(self._app, raise_server_exceptions=False)
        client.auth = (key.info.public_key, key.secret_key)
        return client

    def own_client(self) -> TestClient:
        """Of /api/v1, with the same key as `client`."""
        client = TestClient(build_api(self._services), raise_server_exceptions=False)
        client.auth = self.client.auth
        return client

    def keyless_client(self) -> TestClient:
        return TestClient(self._app, raise_server_exceptions=False)

    def advance_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)

    def close(self) -> None:
        self._library.close()
        self._redaction_store.close()
        self.directory.close()

    def _tick(self) -> int:
        self.now_ns += MILLISECOND_NS
        return self.now_ns
