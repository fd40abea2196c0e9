"""A request of scores, whichever API it came by: read, checked one by one, stored with the next commit."""

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple, TypeAlias

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from spanglass_server.base.limits import (
    PUBLIC_SCORE_BODY_BYTES_MAX,
    PUBLIC_SCORES_PER_REQUEST_MAX,
    SCORE_BODY_BYTES_MAX,
    SCORES_PER_REQUEST_MAX,
)
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.web.auth import Caller
from spanglass_server.web.bodies import read_body
from spanglass_server.web.services import Services
from spanglass_server.wire.scores import (
    RefusedScoreError,
    ScoreRecord,
    encode_scores,
    parse_json,
    shown,
)

ReadScore = Callable[[object], ScoreRecord]


class TakenScores(NamedTuple):
    is_array: bool
    """What the body was; a single score is an array of one here."""
    ids: Sequence[str | None]
    """By position; None for the refused."""
    refusals: Sequence[tuple[int, RefusedScoreError]]
    """With their positions, in order."""


async def take_scores(
    request: Request, services: Services, caller: Caller, read_score: ReadScore
) -> TakenScores:
    """Returns when those that can be stored are. Raises what reading a body and storing raise, and Busy where
    a public key has sent too many."""
    is_public = bool(caller.public_key)
    if is_public:
        _admit(request, services, caller, 1)
    bytes_max = PUBLIC_SCORE_BODY_BYTES_MAX if is_public else SCORE_BODY_BYTES_MAX
    body, reservation = await read_body(request, services.intake.budget, bytes_max=bytes_max)
    try:
        parsed = parse_json(body)
        items = parsed if isinstance(parsed, list) else [parsed]
        if is_public and len(items) > 1:
            _admit(request, services, caller, min(len(items), PUBLIC_SCORES_PER_REQUEST_MAX) - 1)
        read = _reader_for(caller, read_score)
        count_max = PUBLIC_SCORES_PER_REQUEST_MAX if is_public else SCORES_PER_REQUEST_MAX
        records, refusals = _read_all(items, read, count_max)
        if any(records):
            await run_in_threadpool(_refuse_misfits, records, refusals, services, caller.project.id)
        encoded = encode_scores([record for record in records if record is not None])
    except BaseException:
        reservation.release()
        raise
    if any(records):
        await services.intake.store(IngestRequest(caller.project.id, "scores", "json", encoded, reservation))
    else:
        reservation.release()
    ids = [record and record.score_id for record in records]
    return TakenScores(isinstance(parsed, list), ids, sorted(refusals, key=lambda refused: refused[0]))


def _reader_for(caller: Caller, read_score: ReadScore) -> ReadScore:
    if caller.public_key:
        return lambda item: as_public(read_score(item))
    if caller.user is not None:
        author = caller.user.email
        return lambda item: read_score(item)._replace(source="person", author=author)
    return read_score


def _admit(request: Request, services: Services, caller: Caller, amount: int) -> None:
    address = request.client.host if request.client else ""
    services.feedback.admit(address=address, key=caller.public_key, amount=amount)


def as_public(record: ScoreRecord) -> ScoreRecord:
    """What anyone may say: a judgement of their own, given now. Raises RefusedScoreError."""
    if not record.trace_id and not record.session_id:
        raise RefusedScoreError(
            f"the score `{shown(record.name)}` judges a dataset run", "give a trace_id or session_id"
        )
    return record._replace(
        source="api",
        author="",
        queue_id="",
        dataset_run_id="",
        time_ns=None,
        quality=None,
        sampling_rate=1.0,
        evaluator_id="",
        evaluator_version=0,
        is_public=True,
    )


_Refusals: TypeAlias = list[tuple[int, RefusedScoreError]]


def _read_all(
    items: Sequence[object], read_score: ReadScore, count_max: int
) -> tuple[list[ScoreRecord | None], _Refusals]:
    records: list[ScoreRecord | None] = []
    refusals: _Refusals = []
    for index, item in enumerate(items):
        try:
            if index >= count_max:
                raise RefusedScoreError(
                    f"the request holds more than {count_max} scores", "send them in several requests"
                )
            records.append(read_score(item))
        except RefusedScoreError as refusal:
            records.append(None)
            refusals.append((index, refusal))
    return records, refusals


def _refuse_misfits(
    records: list[ScoreRecord | None], refusals: _Refusals, services: Services, project_id: str
) -> None:
    """Blocks. Those that stay have an id, and what their configurations give them."""
    catalog = services.library.score_configs.catalog(project_id)
    taken = _ids_of_others(records, services, project_id)
    for index, record in enumerate(records):
        if record is None:
            continue
        try:
            if record.score_id in taken:
                raise _NOT_YOURS
            records[index] = _with_id(catalog.settle(record))
        except RefusedScoreError as refusal:
            records[index] = None
            refusals.append((index, refusal))


_NOT_YOURS: Final = RefusedScoreError(
    "a score with this `id` is there already, and not by a public key",
    "leave the id out, or make it one that nobody else has",
)


def _ids_of_others(
    records: Sequence[ScoreRecord | None], services: Services, project_id: str
) -> Collection[str]:
    """Those of public scores that scores of others have already."""
    given = (record.score_id for record in records if record is not None and record.is_public)
    ids = [score_id for score_id in given if score_id]
    if not ids:
        return ()
    found = services.scores.find_scores(project_id, ids)
    return {score_id for score_id, score in found.items() if not score.is_public}


def _with_id(record: ScoreRecord) -> ScoreRecord:
    return record if record.score_id else record._replace(score_id=uuid.uuid4().hex)
