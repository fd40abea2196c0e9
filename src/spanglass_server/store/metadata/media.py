"""Media in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from spanglass_server.base.errors import BodyTooLarge
from spanglass_server.store.library import Media, NewMedia
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import dataset_items, media, media_contents, media_uses
from spanglass_server.store.metadata.locks import lock_project

_COLUMNS = (
    media.c.id,
    media.c.sha256,
    media.c.content_type,
    media.c.length_bytes,
    media.c.uploaded_at_ns,
    media.c.signing_key,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """The settings of the same names."""

    media_bytes_max: int
    media_project_bytes_max: int


class SqlMedia:
    def __init__(self, engine: Engine, *, now_ns: Callable[[], int], limits: MediaLimits) -> None:
        self._engine = engine
        self._now_ns = now_ns
        self._limits = limits

    def announce(self, project_id: str, new: NewMedia, *, trace_id: str = "") -> Media:
        now_ns = self._now_ns()
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            found = _find(connection, project_id, [new.id]).get(new.id)
            if found is None or found.uploaded_at_ns is None:
                self._check_room(connection, project_id, new.length_bytes)
                _put(connection, project_id, new, now_ns, is_new=found is None)
            if trace_id:
                _note_use(connection, project_id, new.id, trace_id, now_ns)
            return _find(connection, project_id, [new.id])[new.id]

    def find(self, project_id: str, media_id: str) -> Media | None:
        return self.find_many(project_id, [media_id]).get(media_id)

    def find_many(self, project_id: str, media_ids: Sequence[str]) -> Mapping[str, Media]:
        with read_transaction(self._engine) as connection:
            return _find(connection, project_id, media_ids)

    def store_content(self, project_id: str, media_id: str, content: bytes) -> None:
        key = {"project_id": project_id, "media_id": media_id}
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            self._check_project(_stored_bytes(connection, project_id, besides=media_id), len(content))
            connection.execute(
                delete(media_contents).where(
                    media_contents.c.project_id == project_id, media_contents.c.media_id == media_id
                )
            )
            connection.execute(insert(media_contents).values(**key, content=content))
            connection.execute(
                update(media)
                .where(media.c.project_id == project_id, media.c.id == media_id)
                .values(uploaded_at_ns=self._now_ns())
            )

    def find_content(self, project_id: str, media_id: str) -> bytes | None:
        query = select(media_contents.c.content).where(
            media_contents.c.project_id == project_id, media_contents.c.media_id == media_id
        )
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def forget_traces(self, project_id: str, trace_ids: Sequence[str]) -> int:
        return self._forget(project_id, media_uses.c.trace_id.in_(trace_ids), announced_before_ns=0)

    def forget_before(self, project_id: str, before_ns: int) -> int:
        return self._forget(
            project_id, media_uses.c.announced_at_ns < before_ns, announced_before_ns=before_ns
        )

    def _forget(self, project_id: str, uses: ColumnElement[bool], *, announced_before_ns: int) -> int:
        """Drop the uses, then the media that were used so, or announced for no trace before that time,
        where nothing else holds them."""
        of_project = media_uses.c.project_id == project_id
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            dropped = delete(media_uses).where(of_project, uses).returning(media_uses.c.media_id)
            freed = sorted(set(connection.execute(dropped).scalars()))
            is_candidate = or_(media.c.id.in_(freed), media.c.created_at_ns < announced_before_ns)
            return connection.execute(
                delete(media).where(media.c.project_id == project_id, is_candidate, ~_is_held())
            ).rowcount

    def _check_room(self, connection: Connection, project_id: str, length_bytes: int) -> None:
        if length_bytes > self._limits.media_bytes_max:
            raise BodyTooLarge(
                f"a file of {length_bytes} bytes is larger than {self._limits.media_bytes_max}",
                hint="the limit is the setting media_bytes_max (SPANGLASS_MEDIA_BYTES_MAX)",
            )
        self._check_project(_stored_bytes(connection, project_id), length_bytes)

    def _check_project(self, stored_bytes: int, length_bytes: int) -> None:
        if stored_bytes + length_bytes > self._limits.media_project_bytes_max:
            raise BodyTooLarge(
                f"the project's media would take {stored_bytes + length_bytes} bytes, more than "
                f"{self._limits.media_project_bytes_max}",
                hint="the limit is the setting media_project_bytes_max (SPANGLASS_MEDIA_PROJECT_BYTES_MAX)",
            )


def _find(connection: Connection, project_id: str, media_ids: Sequence[str]) -> dict[str, Media]:
    query = select(*_COLUMNS).where(media.c.project_id == project_id, media.c.id.in_(media_ids))
    return {row.id: Media(*row) for row in connection.execute(query)}


def _put(connection: Connection, project_id: str, new: NewMedia, now_ns: int, *, is_new: bool) -> None:
    if is_new:
        made = {"project_id": project_id, "signing_key": secrets.token_bytes(32), "created_at_ns": now_ns}
        connection.execute(insert(media).values(new._asdict() | made))
        return
    # Whoever announced it first may have been wrong about it; nobody sent it yet.
    connection.execute(
        update(media)
        .where(media.c.project_id == project_id, media.c.id == new.id)
        .values(sha256=new.sha256, content_type=new.content_type, length_bytes=new.length_bytes)
    )


def _note_use(connection: Connection, project_id: str, media_id: str, trace_id: str, now_ns: int) -> None:
    key = {"project_id": project_id, "media_id": media_id, "trace_id": trace_id}
    same = and_(*(media_uses.c[name] == value for name, value in key.items()))
    changed = connection.execute(update(media_uses).where(same).values(announced_at_ns=now_ns)).rowcount
    if not changed:
        connection.execute(insert(media_uses).values(**key, announced_at_ns=now_ns))


def _is_held() -> ColumnElement[bool]:
    """A trace uses it, or a dataset's item names it, as it is or as it was."""
    item = dataset_items.c
    is_named = or_(
        *(column.contains(media.c.id) for column in (item.input, item.expected_output, item.metadata))
    )
    return or_(
        exists().where(media_uses.c.project_id == media.c.project_id, media_uses.c.media_id == media.c.id),
        exists().where(item.project_id == media.c.project_id, is_named),
    )


def _stored_bytes(connection: Connection, project_id: str, *, besides: str = "") -> int:
    query = select(func.coalesce(func.sum(media.c.length_bytes), 0)).where(
        media.c.project_id == project_id, media.c.uploaded_at_ns.is_not(None), media.c.id != besides
    )
    return int(connection.execute(query).scalar_one())
