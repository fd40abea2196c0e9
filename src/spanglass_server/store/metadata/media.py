"""Media in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BodyTooLarge, NotFound
from spanglass_server.store.library import Media, NewMedia
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import media, media_contents
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

    def announce(self, project_id: str, new: NewMedia) -> Media:
        found = self.find(project_id, new.id)
        if found is not None and found.uploaded_at_ns is not None:
            return found
        self._check_room(project_id, new.length_bytes)
        if found is not None:
            return self._announce_again(project_id, new)
        row = new._asdict() | {
            "project_id": project_id,
            "signing_key": secrets.token_bytes(32),
            "created_at_ns": self._now_ns(),
        }
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(insert(media).values(row))
        except IntegrityError:
            pass  # Another request announced the same at the same time, or the project was just deleted.
        return self._get(project_id, new.id)

    def _get(self, project_id: str, media_id: str) -> Media:
        made = self.find(project_id, media_id)
        if made is None:
            raise NotFound(f"there is no project with the id '{project_id}'")
        return made

    def _announce_again(self, project_id: str, new: NewMedia) -> Media:
        """Whoever announced it first may have been wrong about it; nobody sent it yet."""
        change = (
            update(media)
            .where(media.c.project_id == project_id, media.c.id == new.id, media.c.uploaded_at_ns.is_(None))
            .values(sha256=new.sha256, content_type=new.content_type, length_bytes=new.length_bytes)
        )
        with write_transaction(self._engine) as connection:
            connection.execute(change)
        return self._get(project_id, new.id)

    def find(self, project_id: str, media_id: str) -> Media | None:
        return self.find_many(project_id, [media_id]).get(media_id)

    def find_many(self, project_id: str, media_ids: Sequence[str]) -> Mapping[str, Media]:
        query = select(*_COLUMNS).where(media.c.project_id == project_id, media.c.id.in_(media_ids))
        with read_transaction(self._engine) as connection:
            return {row.id: Media(*row) for row in connection.execute(query)}

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

    def _check_room(self, project_id: str, length_bytes: int) -> None:
        if length_bytes > self._limits.media_bytes_max:
            raise BodyTooLarge(
                f"a file of {length_bytes} bytes is larger than {self._limits.media_bytes_max}",
                hint="the limit is the setting media_bytes_max (SPANGLASS_MEDIA_BYTES_MAX)",
            )
        with read_transaction(self._engine) as connection:
            self._check_project(_stored_bytes(connection, project_id), length_bytes)

    def _check_project(self, stored_bytes: int, length_bytes: int) -> None:
        if stored_bytes + length_bytes > self._limits.media_project_bytes_max:
            raise BodyTooLarge(
                f"the project's media would take {stored_bytes + length_bytes} bytes, more than "
                f"{self._limits.media_project_bytes_max}",
                hint="the limit is the setting media_project_bytes_max (SPANGLASS_MEDIA_PROJECT_BYTES_MAX)",
            )


def _stored_bytes(connection: Connection, project_id: str, *, besides: str = "") -> int:
    query = select(func.coalesce(func.sum(media.c.length_bytes), 0)).where(
        media.c.project_id == project_id, media.c.uploaded_at_ns.is_not(None), media.c.id != besides
    )
    return int(connection.execute(query).scalar_one())
