"""Evaluators, their states, runs over history, failures and spend; connections to judges."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
