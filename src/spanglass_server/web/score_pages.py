"""Pages of scores by cursor, for every API that lists them so."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from spanglass_server.model.score import Score
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.store.ports import ScoreQuery, ScoreReader, TimeRange

AHEAD_NS: Final = 86_400_000_000_000
"""How far clocks of senders may be ahead: lists without an end reach a day beyond now, and not to the end of
time, from which looking back for the newest would be far."""


class ScoresPage(NamedTuple):
    scores: Sequence[Score]
    next_cursor: str
    """Empty on the last page."""


def page_of_scores(
    reader: ScoreReader, project_id: str, query: ScoreQuery, *, cursor: str, limit: int
) -> ScoresPage:
    """Newest first. A cursor keeps the time range of its first page. Raises BadCursor."""
    # Whatever narrows the list names it; its time range moves with `now`.
    list_id = "\n".join(("scores", project_id, repr(query._replace(during=TimeRange(0, 0)))))
    if cursor:
        after = decode_cursor(cursor, list_id)
        query = query._replace(
            during=TimeRange(after.from_ns, min(after.to_ns, after.start_time_ns + 1)),
            before=(after.start_time_ns, after.row_id[0]),
        )
    found = reader.list_scores(project_id, query, limit=limit + 1)
    scores = found[:limit]
    if len(found) <= limit:
        return ScoresPage(scores, "")
    last = scores[-1]
    position = Position(*query.during, last.time_ns, last.time_ns, (last.score_id,))
    return ScoresPage(scores, encode_cursor(position, list_id))
