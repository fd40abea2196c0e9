"""The whole example, running: the model server, the RAG service and the gateway in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from spanglass_examples.conditions import World
from spanglass_examples.fake_models import ModelServer
from spanglass_examples.http_server import serving
from spanglass_examples.rag_service.gateway import Gateway
from spanglass_examples.rag_service.models import connect
from spanglass_examples.rag_service.service import RagService
from spanglass_examples.rag_service.telemetry import (
    RELEASES,
    Outlet,
    instrumented,
    tracer_provider,
)


class Application(NamedTuple):
    gateway: Gateway
    outlet: Outlet
    """Where all its spans come out."""


@contextmanager
def running(world: World, *, seed: int) -> Iterator[Application]:
    """One per process at a time: the instrumentations patch the clients' classes."""
    outlet = Outlet()
    rag_provider = tracer_provider("rag-service", outlet, release=RELEASES[-1])
    gateway_provider = tracer_provider("gateway", outlet, release=RELEASES[-1])
    with (
        ModelServer(world, seed=seed).running() as models_url,
        instrumented(rag_provider),
    ):
        models = connect(models_url, rag_provider)
        service = RagService(rag_provider, models, world, seed=seed)
        try:
            with serving(service.handle) as service_url, Gateway(gateway_provider, service_url) as gateway:
                yield Application(gateway, outlet)
        finally:
            models.close()
