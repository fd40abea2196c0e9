"""The organization, people, memberships, sessions, invitations, the audit log."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    pass
