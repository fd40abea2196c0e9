"""Prompts in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.library import (
    LATEST,
    PRODUCTION,
    NewPrompt,
    PageOf,
    Prompt,
    PromptQuery,
    PromptSummary,
    Slice,
)
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import prompt_labels, prompt_tags, prompts
from spanglass_server.store.metadata.locks import lock_project

_FIRST_VERSION: Final = 1
_Row: TypeAlias = Row[*tuple[Any, ...]]


class SqlPrompts:
    def __init__(self, engine: Engine, *, now_ns: Callable[[], int]) -> None:
        self._engine = engine
        self._now_ns = now_ns

    def create(self, project_id: str, new: NewPrompt) -> Prompt:
        now_ns = self._now_ns()
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            version = _next_version(connection, project_id, new)
            row = {
                "project_id": project_id,
                "name": new.name,
                "version": version,
                "type": new.type,
                "prompt": new.prompt,
                "config": new.config,
                "commit_message": new.commit_message,
                "created_at_ns": now_ns,
                "updated_at_ns": now_ns,
            }
            connection.execute(insert(prompts).values(row))
            _move_labels(connection, project_id, new.name, version, new.labels)
            if new.tags is not None:
                _replace_tags(connection, project_id, new.name, new.tags)
            return _load(connection, project_id, new.name, version)

    def get(self, project_id: str, name: str, *, version: int | None = None, label: str = "") -> Prompt:
        with read_transaction(self._engine) as connection:
            found = _find_version(connection, project_id, name, version, label or PRODUCTION)
            if found is None:
                raise _not_found(name, version, label or PRODUCTION)
            return _load(connection, project_id, name, found)

    def label(self, project_id: str, name: str, version: int, labels: Sequence[str]) -> Prompt:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if _find_version(connection, project_id, name, version, "") is None:
                raise _not_found(name, version, "")
            _move_labels(connection, project_id, name, version, labels)
            connection.execute(
                update(prompts)
                .where(*_is_named(project_id, name), prompts.c.version == version)
                .values(updated_at_ns=self._now_ns())
            )
            return _load(connection, project_id, name, version)

    def list(self, project_id: str, query: PromptQuery, part: Slice) -> PageOf[PromptSummary]:
        matches = and_(prompts.c.project_id == project_id, *_conditions(query))
        count = select(func.count(func.distinct(prompts.c.name))).where(matches)
        names = (
            select(prompts.c.name)
            .where(matches)
            .group_by(prompts.c.name)
            .order_by(prompts.c.name)
            .limit(part.limit)
            .offset(part.offset)
        )
        with read_transaction(self._engine) as connection:
            total = connection.execute(count).scalar_one()
            page = connection.execute(names).scalars().all()
            return PageOf(_summaries(connection, project_id, matches, page), total)

    def delete(self, project_id: str, name: str, *, version: int | None = None, label: str = "") -> None:
        condition = [*_is_named(project_id, name)]
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if version is not None or label:
                found = _find_version(connection, project_id, name, version, label)
                condition.append(prompts.c.version == (found or 0))
            if not connection.execute(delete(prompts).where(*condition)).rowcount:
                raise _not_found(name, version, label)
            if _find_version(connection, project_id, name, None, LATEST) is None:
                _replace_tags(connection, project_id, name, ())


def _is_named(project_id: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return prompts.c.project_id == project_id, prompts.c.name == name


def _next_version(connection: Connection, project_id: str, new: NewPrompt) -> int:
    newest = connection.execute(
        select(prompts.c.version, prompts.c.type)
        .where(*_is_named(project_id, new.name))
        .order_by(prompts.c.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return _FIRST_VERSION
    if newest.type != new.type:
        raise BadInput(
            f"earlier versions of the prompt '{new.name}' are of the type '{newest.type}', not '{new.type}'",
            hint="give the new one another name",
        )
    return int(newest.version) + 1


def _find_version(
    connection: Connection, project_id: str, name: str, version: int | None, label: str
) -> int | None:
    if version is None and label not in (LATEST, ""):
        query = select(prompt_labels.c.version).where(
            prompt_labels.c.project_id == project_id,
            prompt_labels.c.name == name,
            prompt_labels.c.label == label,
        )
        return connection.execute(query).scalar_one_or_none()
    named = select(func.max(prompts.c.version)).where(*_is_named(project_id, name))
    if version is not None:
        named = named.where(prompts.c.version == version)
    return connection.execute(named).scalar_one_or_none()


def _move_labels(
    connection: Connection, project_id: str, name: str, version: int, labels: Sequence[str]
) -> None:
    """`latest` is not stored: it is the highest version's, whatever is created or deleted."""
    wanted = sorted({label for label in labels if label != LATEST})
    if not wanted:
        return
    connection.execute(
        delete(prompt_labels).where(
            prompt_labels.c.project_id == project_id,
            prompt_labels.c.name == name,
            prompt_labels.c.label.in_(wanted),
        )
    )
    rows = [{"project_id": project_id, "name": name, "label": label, "version": version} for label in wanted]
    connection.execute(insert(prompt_labels), rows)


def _replace_tags(connection: Connection, project_id: str, name: str, tags: Sequence[str]) -> None:
    connection.execute(
        delete(prompt_tags).where(prompt_tags.c.project_id == project_id, prompt_tags.c.name == name)
    )
    rows = [{"project_id": project_id, "name": name, "tag": tag} for tag in sorted(set(tags))]
    if rows:
        connection.execute(insert(prompt_tags), rows)


def _load(connection: Connection, project_id: str, name: str, version: int) -> Prompt:
    row = connection.execute(
        select(prompts).where(*_is_named(project_id, name), prompts.c.version == version)
    ).one()
    labels = connection.execute(
        select(prompt_labels.c.label)
        .where(
            prompt_labels.c.project_id == project_id,
            prompt_labels.c.name == name,
            prompt_labels.c.version == version,
        )
        .order_by(prompt_labels.c.label)
    ).scalars()
    newest = _find_version(connection, project_id, name, None, LATEST)
    return Prompt(
        name=name,
        version=version,
        type=row.type,
        prompt=row.prompt,
        config=row.config,
        labels=[*labels, *([LATEST] if version == newest else [])],
        tags=_tags_of(connection, project_id, [name]).get(name, []),
        commit_message=row.commit_message,
        created_at_ns=row.created_at_ns,
        updated_at_ns=row.updated_at_ns,
    )


def _tags_of(connection: Connection, project_id: str, names: Sequence[str]) -> dict[str, list[str]]:
    rows = connection.execute(
        select(prompt_tags.c.name, prompt_tags.c.tag)
        .where(prompt_tags.c.project_id == project_id, prompt_tags.c.name.in_(names))
        .order_by(prompt_tags.c.tag)
    )
    tags: dict[str, list[str]] = {}
    for name, tag in rows:
        tags.setdefault(name, []).append(tag)
    return tags


def _conditions(query: PromptQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.name:
        found.append(prompts.c.name == query.name)
    if query.label == LATEST:
        found.append(_is_newest())
    elif query.label:
        found.append(
            exists().where(
                prompt_labels.c.project_id == prompts.c.project_id,
                prompt_labels.c.name == prompts.c.name,
                prompt_labels.c.version == prompts.c.version,
                prompt_labels.c.label == query.label,
            )
        )
    if query.tag:
        found.append(
            exists().where(
                prompt_tags.c.project_id == prompts.c.project_id,
                prompt_tags.c.name == prompts.c.name,
                prompt_tags.c.tag == query.tag,
            )
        )
    if query.updated_from_ns is not None:
        found.append(prompts.c.updated_at_ns >= query.updated_from_ns)
    if query.updated_to_ns is not None:
        found.append(prompts.c.updated_at_ns < query.updated_to_ns)
    return found


def _is_newest() -> ColumnElement[bool]:
    other = prompts.alias("other")
    newest = (
        select(func.max(other.c.version))
        .where(other.c.project_id == prompts.c.project_id, other.c.name == prompts.c.name)
        .scalar_subquery()
    )
    return prompts.c.version == newest


def _summaries(
    connection: Connection, project_id: str, matches: ColumnElement[bool], names: Sequence[str]
) -> Sequence[PromptSummary]:
    columns = (prompts.c.name, prompts.c.version, prompts.c.type, prompts.c.config, prompts.c.updated_at_ns)
    versions: dict[str, list[_Row]] = {}
    for row in connection.execute(
        select(*columns).where(matches, prompts.c.name.in_(names)).order_by(prompts.c.version)
    ):
        versions.setdefault(row.name, []).append(row)
    labels = _labels_of(connection, project_id, names)
    tags = _tags_of(connection, project_id, names)
    return [_summary(versions[name], labels.get(name, {}), tags.get(name, [])) for name in names]


def _labels_of(
    connection: Connection, project_id: str, names: Sequence[str]
) -> dict[str, dict[int, list[str]]]:
    """By name and version."""
    rows = connection.execute(
        select(prompt_labels.c.name, prompt_labels.c.version, prompt_labels.c.label)
        .where(prompt_labels.c.project_id == project_id, prompt_labels.c.name.in_(names))
        .order_by(prompt_labels.c.label)
    )
    labels: dict[str, dict[int, list[str]]] = {}
    for name, version, label in rows:
        labels.setdefault(name, {}).setdefault(version, []).append(label)
    newest = (
        select(prompts.c.name, func.max(prompts.c.version))
        .where(prompts.c.project_id == project_id, prompts.c.name.in_(names))
        .group_by(prompts.c.name)
    )
    for name, version in connection.execute(newest):
        labels.setdefault(name, {}).setdefault(version, []).append(LATEST)
    return labels


def _summary(versions: Sequence[_Row], labels: dict[int, list[str]], tags: Sequence[str]) -> PromptSummary:
    newest = versions[-1]
    return PromptSummary(
        name=newest.name,
        type=newest.type,
        versions=[row.version for row in versions],
        labels=[label for row in versions for label in labels.get(row.version, [])],
        tags=tags,
        updated_at_ns=max(row.updated_at_ns for row in versions),
        config=newest.config,
    )


def _not_found(name: str, version: int | None, label: str) -> NotFound:
    which = f" in version {version}" if version is not None else f" with the label '{label}'" if label else ""
    return NotFound(f"Prompt not found: '{name}'{which}")
