"""The whole example, running: the model server, the RAG service and the gateway in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from spanglass.testing import Capture, capture
from spanglass_examples.conditions import World
from spanglass_examples.fake_models import ModelServer
from spanglass_examples.http_server import serving
from spanglass_examples.rag_service.gateway import Gateway
from spanglass_examples.rag_service.models import connect
from spanglass_examples.rag_service.service import RagService
from spanglass_examples.rag_service.telemetry import (
    RELEASES,
    SERVICE,
    Outlet,
    Take,
    instrumented,
    tracer_provider,
)


class Application(NamedTuple):
    gateway: Gateway
    outlet: Outlet
    """Where all its spans come out."""
    recorded: Capture
    """What else it tells by Spanglass' SDK while it is recorded: its scores."""


@contextmanager
def running(world: World, *, seed: int) -> Iterator[Application]:
    """The application with nothing sent anywhere. One per process at a time: instrumentations patch the
    clients' classes."""
    with (
        _services(world, endpoint="", api_key="", seed=seed) as (gateway, outlet, rag_provider),
        capture(tracer_provider=rag_provider) as recorded,
    ):
        yield Application(gateway, outlet, recorded)


@contextmanager
def sending(
    world: World, *, endpoint: str, api_key: str, gateway_spans: Take, seed: int
) -> Iterator[Gateway]:
    """The application as it is in production: the RAG service sends by Spanglass' SDK, the gateway's spans
    are given to its own OpenTelemetry."""
    with _services(world, endpoint=endpoint, api_key=api_key, seed=seed) as (gateway, outlet, rag_provider):

        def take(span: ReadableSpan) -> None:
            if span.resource is not rag_provider.resource:
                gateway_spans(span)

        outlet.take = take
        yield gateway


@contextmanager
def _services(
    world: World, *, endpoint: str, api_key: str, seed: int
) -> Iterator[tuple[Gateway, Outlet, TracerProvider]]:
    outlet = Outlet()
    rag_provider = tracer_provider(SERVICE, outlet, release=RELEASES[-1])
    gateway_provider = tracer_provider("gateway", outlet, release=RELEASES[-1])
    with (
        ModelServer(world, seed=seed).running() as models_url,
        instrumented(rag_provider, endpoint=endpoint, api_key=api_key),
    ):
        models = connect(models_url, rag_provider)
        service = RagService(rag_provider, models, world, seed=seed)
        try:
            with (
                serving(service.handle) as service_url,
                Gateway(gateway_provider, service_url, seed=seed) as gateway,
            ):
                yield gateway, outlet, rag_provider
        finally:
            models.close()
