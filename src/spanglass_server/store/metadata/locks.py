"""One writer at a time of a project's prompts, datasets and media."""

from sqlalchemy import Connection, select

from spanglass_server.base.errors import NotFound
from spanglass_server.store.metadata.tables import projects


def lock_project(connection: Connection, project_id: str) -> None:
    """Until the transaction ends; then "the highest version, and one more" is still that when it is written.

    PostgreSQL locks the project's row, in the mode that leaves others free to refer to it; SQLite ignores
    the clause, having one writer at a time anyhow. Raises NotFound for a project that was just deleted.
    """
    query = select(projects.c.id).where(projects.c.id == project_id).with_for_update(key_share=True)
    if connection.execute(query).one_or_none() is None:
        raise NotFound(f"there is no project with the id '{project_id}'")
