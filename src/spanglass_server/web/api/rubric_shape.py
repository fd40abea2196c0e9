"""Rubrics that come with Spanglass as the JSON of docs/api.md."""

from spanglass.evaluators.judge import Rubric, shipped_rubrics
from spanglass_server.web.api.shape import Json


def rubrics_json() -> list[Json]:
    return [_rubric_json(rubric) for rubric in shipped_rubrics().values()]


def _rubric_json(rubric: Rubric) -> Json:
    return {
        "name": rubric.name,
        "title": rubric.title,
        "description": rubric.description,
        "text": rubric.text,
        "scale": rubric.scale,
        "levels": [{"answer": answer, "criterion": criterion} for answer, criterion in rubric.levels],
        "better": rubric.better,
    }
