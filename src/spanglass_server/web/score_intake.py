"""A request of scores, whichever API it came by: read, checked one by one, stored with the next commit."""

import uuid
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from spanglass_server.base.limits import SCORE_BODY_BYTES_MAX, SCORES_PER_REQUEST_MAX
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.normalize.score_configs import ScoreCatalog
from spanglass_server.web.bodies import read_body
from spanglass_server.web.services import Services
from spanglass_server.wire.scores import (
    RefusedScoreError,
    ScoreRecord,
    encode_scores,
    parse_json,
)

ReadScore = Callable[[object], ScoreRecord]
_TOO_MANY: Final = RefusedScoreError(
    f"the request holds more than {SCORES_PER_REQUEST_MAX} scores", "send them in several requests"
)


class TakenScores(NamedTuple):
    is_array: bool
    """What the body was; a single score is an array of one here."""
    ids: Sequence[str | None]
    """By position; None for the refused."""
    refusals: Sequence[tuple[int, RefusedScoreError]]
    """With their positions, in order."""


async def take_scores(
    request: Request, services: Services, project_id: str, read_score: ReadScore
) -> TakenScores:
    """Returns when those that can be stored are. Raises what reading a body and storing raise."""
    body, reservation = await read_body(request, services.intake.budget, bytes_max=SCORE_BODY_BYTES_MAX)
    try:
        parsed = parse_json(body)
        records, refusals = _read_all(parsed if isinstance(parsed, list) else [parsed], read_score)
        if any(records):
            catalog = await run_in_threadpool(services.library.score_configs.catalog, project_id)
            _refuse_misfits(records, refusals, catalog)
        encoded = encode_scores([record for record in records if record is not None])
    except BaseException:
        reservation.release()
        raise
    if any(records):
        await services.intake.store(IngestRequest(project_id, "scores", "json", encoded, reservation))
    else:
        reservation.release()
    ids = [record and record.score_id for record in records]
    return TakenScores(isinstance(parsed, list), ids, refusals)


def _read_all(
    items: Sequence[object], read_score: ReadScore
) -> tuple[list[ScoreRecord | None], list[tuple[int, RefusedScoreError]]]:
    records: list[ScoreRecord | None] = []
    refusals: list[tuple[int, RefusedScoreError]] = []
    for index, item in enumerate(items):
        try:
            if index >= SCORES_PER_REQUEST_MAX:
                raise _TOO_MANY
            records.append(_with_id(read_score(item)))
        except RefusedScoreError as refusal:
            records.append(None)
            refusals.append((index, refusal))
    return records, refusals


def _refuse_misfits(
    records: list[ScoreRecord | None],
    refusals: list[tuple[int, RefusedScoreError]],
    catalog: ScoreCatalog,
) -> None:
    for index, record in enumerate(records):
        if record is None:
            continue
        try:
            records[index] = catalog.settle(record)
        except RefusedScoreError as refusal:
            records[index] = None
            refusals.append((index, refusal))
    refusals.sort(key=lambda refused: refused[0])


def _with_id(record: ScoreRecord) -> ScoreRecord:
    return record if record.score_id else record._replace(score_id=uuid.uuid4().hex)
