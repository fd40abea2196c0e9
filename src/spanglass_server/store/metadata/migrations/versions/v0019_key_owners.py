"""Who made a key, and until when it opens anything."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("created_by", sa.String(320), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("expires_at_ns", sa.BigInteger, nullable=True))
