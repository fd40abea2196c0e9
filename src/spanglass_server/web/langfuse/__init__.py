"""Langfuse's public API, so that every Langfuse SDK from 2 to 5 works unmodified: one module a resource.

What the SDKs send and what they cannot do without is written in docs/langfuse.md. JSON is camelCase here and
errors have Langfuse's shape (errors.py); callers, projects and stores are those of /api/v1.
"""

from typing import Final

from fastapi import APIRouter

from spanglass_server.web.langfuse import (
    dataset_items,
    dataset_run_items,
    datasets,
    experiments,
    health,
    ingestion,
    media,
    metrics,
    observations,
    projects,
    prompts,
    score_configs,
    scores,
    sessions,
    traces,
)

LANGFUSE_PREFIX: Final = "/api/public/"


def build_langfuse_router() -> APIRouter:
    """All resources. More special paths come first: prompt names may hold slashes."""
    router = APIRouter(prefix="/api/public")
    router.include_router(health.router)
    router.include_router(ingestion.router)
    router.include_router(prompts.router)
    router.include_router(datasets.router)
    router.include_router(dataset_items.router)
    router.include_router(experiments.router)
    router.include_router(dataset_run_items.router)
    router.include_router(score_configs.router)
    router.include_router(scores.router)
    router.include_router(media.build_router())
    router.include_router(projects.router)
    router.include_router(traces.router)
    router.include_router(observations.router)
    router.include_router(sessions.router)
    router.include_router(metrics.build_router())
    return router
