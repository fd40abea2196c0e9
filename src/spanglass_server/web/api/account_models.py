"""The shapes of people and of what lets them in, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.identity import Role
from spanglass_server.web.auth import Permission

_TEXT_CHARS_MAX = 4_000
"""What is longer is refused before it is looked at; what it means is checked with better words."""
Text = Annotated[str, Field(max_length=_TEXT_CHARS_MAX)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignIn(_Input):
    email: Text
    password: Text


class SetUp(_Input):
    token: Text = Field(description="What stands behind `#token=` of the link that `serve` printed.")
    organization: Text
    email: Text
    name: Text
    password: Text


class PasswordChange(_Input):
    old_password: Text
    new_password: Text


class PasswordReset(_Input):
    token: Text = Field(description="What stands behind `#token=` of the link.")
    password: Text


class AccountChange(_Input):
    name: Text


class Person(BaseModel):
    id: str
    email: str
    name: str
    has_password: bool = Field(description="False for who signs in by OpenID Connect alone.")


class OrganizationName(BaseModel):
    name: str


class MyProject(BaseModel):
    id: str
    name: str


class OidcDoor(BaseModel):
    label: str = Field(description="What the button says.", examples=["Sign in with SSO"])
    url: str = Field(description="Where the button leads; takes `next`.", examples=["/auth/oidc/start"])


class Me(BaseModel):
    auth: Literal["off", "required"] = Field(description="`off`: nobody is asked who they are.")
    user: Person | None
    organization: OrganizationName | None = Field(description="Told to whoever signed in.")
    project: MyProject | None = Field(description="The one that was asked for, or the first of yours.")
    role: Role | None = Field(description="In that project.")
    organization_role: Role | None = Field(description="In every project.")
    permissions: list[Permission]
    is_organization_admin: bool
    is_set_up: bool = Field(description="Whether there is anybody who could sign in.")
    session_id: str | None
    oidc: OidcDoor | None


class Session(BaseModel):
    id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    is_current: bool


class Sessions(BaseModel):
    items: list[Session]


class Ended(BaseModel):
    ended: int


class AccountMembership(BaseModel):
    project: str | None = Field(description="By name; null is every project of the organization.")
    role: Role


class Member(BaseModel):
    id: str
    email: str
    name: str
    has_password: bool
    is_disabled: bool
    created_at: datetime
    last_seen_at: datetime | None
    role: Role | None = Field(description="In the project that was asked for.")
    memberships: list[AccountMembership] = Field(
        description="An admin of the organization is told all, others those of their project."
    )


class Members(BaseModel):
    items: list[Member]


class RoleChange(_Input):
    role: Role
    project: Text | None = Field(description="By name; null is every project of the organization.")


class DisabledChange(_Input):
    is_disabled: bool


class Link(BaseModel):
    link: str = Field(description="Told once.")


class InvitationInput(_Input):
    email: Text
    role: Role
    project: Text | None = Field(description="By name; null is every project of the organization.")


class Invitation(BaseModel):
    id: str
    email: str
    project: str | None = Field(description="By name; null is every project of the organization.")
    role: Role
    invited_by: str = Field(description="An e-mail address, or empty for the command line.")
    created_at: datetime
    expires_at: datetime


class NewInvitation(Invitation):
    link: str = Field(description="For the person who is invited; told once.")


class Invitations(BaseModel):
    items: list[Invitation]


class InvitationToken(_Input):
    token: Text = Field(description="What stands behind `#token=` of the link.")


class OpenedInvitation(BaseModel):
    email: str
    organization: str
    project: str | None
    role: Role
    expires_at: datetime
    has_account: bool = Field(description="Somebody has the address already: they sign in to accept.")


class Acceptance(_Input):
    token: Text
    name: Text = Field(default="", description="Of a new account.")
    password: Text = Field(default="", description="Of a new account.")
