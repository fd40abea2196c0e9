"""Run by Alembic; the connection, and the transaction around it, are migrate.py's."""

from alembic import context

from spanglass_server.store.metadata.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
