"""Brings the relational schema up to date at start, from any number of processes at once."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from spanglass_server.base.errors import Misconfigured
from spanglass_server.store.metadata.engine import write_transaction

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK_ID: Final = 0x5350414E
"""Of PostgreSQL's advisory lock ("SPAN"); SQLite's write transaction is lock enough."""


def head_revision() -> str:
    """The newest migration's number, from its file name: `v0001_what.py` is "0001"."""
    return max(path.stem[1:5] for path in (_SCRIPTS / "versions").glob("v????_*.py"))


def migrate(engine: Engine) -> None:
    """Apply what is missing in one transaction; the processes that come second wait, and find nothing to do.

    Raises Misconfigured where a newer Spanglass has already changed the database.
    """
    head = head_revision()
    with engine.connect() as connection:
        current = _current_revision(connection)
    if current < head:
        with write_transaction(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
            _upgrade(connection)
    elif current > head:
        raise Misconfigured(
            f"the metadata database is at version {current}, this Spanglass knows up to {head}",
            hint="start the newer Spanglass that made it, or restore a backup",
        )


def _current_revision(connection: Connection) -> str:
    """Empty before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _upgrade(connection: Connection) -> None:
    # Imported late: Alembic costs a tenth of a second, and most starts find the schema current.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
