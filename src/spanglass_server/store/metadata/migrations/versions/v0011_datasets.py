"""Versions and origins of datasets' items."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass
