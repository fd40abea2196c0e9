"""People and what lets them in, as SQLAlchemy sees it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table

from spanglass_server.store.metadata.tables import metadata

organizations = Table(
    "organizations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("password_hash", String(500), nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("last_seen_at_ns", BigInteger, nullable=True),
    Column("is_disabled", Boolean, nullable=False),
)

user_identities = Table(
    "user_identities",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at_ns", BigInteger, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", String(64), primary_key=True),
    Column(
        "of_project", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=True, index=True
    ),
    Column("role", String(16), nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("email", String(320), nullable=False, index=True),
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=True),
    Column("role", String(16), nullable=False),
    Column("invited_by", String(64), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("last_seen_at_ns", BigInteger, nullable=False),
    Column("ends_at_ns", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(500), nullable=False),
)
