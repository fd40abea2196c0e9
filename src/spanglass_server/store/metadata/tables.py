"""The relational tables as SQLAlchemy sees them; migrations/ is what makes them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

projects = Table(
    "projects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("retention_days", Integer, nullable=True),
    Column("created_at_ns", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("public_key", String(64), primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column(
        "project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("scopes", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("last_used_at_ns", BigInteger, nullable=True),
    Column("created_by", String(320), nullable=False),
    Column("expires_at_ns", BigInteger, nullable=True),
)
