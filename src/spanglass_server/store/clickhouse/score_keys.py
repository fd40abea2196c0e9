"""Which hours hold the scores of a trace, a session, a dataset run or an id: see ddl/score_hours.sql."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.store.clickhouse.engine import Engine, Lane

Kind: TypeAlias = Literal["i", "t", "s", "r"]
"""A score's own id, or the trace, session or dataset run that it judges."""

HOUR_OF_SCORE: Final = "intDiv(time_ns, 3600000000000)"
"""The sorting key's second column in `scores`, as ClickHouse knows it."""


class ScoreKey(NamedTuple):
    project_id: str
    kind: Kind
    id: str


def key_hash(key: ScoreKey) -> int:
    """ClickHouse's halfMD5 of the kind and the id."""
    digest = hashlib.md5(f"{key.kind}:{key.id}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big")


def find_score_hours(
    engine: Engine, keys: Iterable[ScoreKey], *, lane: Lane
) -> Sequence[tuple[ScoreKey, int]]:
    """Each key with each hour that may hold scores of it. A deleted score's hour may stay."""
    by_hash = {(key.project_id, key_hash(key)): key for key in keys}
    if not by_hash:
        return []
    table = engine.query_arrow(
        "SELECT DISTINCT project_id, key_hash, toInt64(hour) AS hour FROM score_hours\n"
        "WHERE project_id IN {projects:Array(String)} AND key_hash IN {hashes:Array(UInt64)}",
        {
            "projects": sorted({project_id for project_id, _ in by_hash}),
            "hashes": [number for _, number in by_hash],
        },
        lane=lane,
    )
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [
        (by_hash[project_id, number], hour)
        for project_id, number, hour in rows
        if (project_id, number) in by_hash
    ]
