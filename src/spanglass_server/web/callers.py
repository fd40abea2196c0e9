"""What endpoints ask for before they begin: a caller who may do it, and the server's services."""

from typing import Annotated

from fastapi import Depends

from spanglass_server.web.auth import (
    Caller,
    caller_with,
    find_organization_admin,
    find_people_admin,
    find_people_owner,
    find_person,
    find_scorer,
)
from spanglass_server.web.params import services_of
from spanglass_server.web.services import Services

Reading = Annotated[Caller, Depends(caller_with("read"))]
Writing = Annotated[Caller, Depends(caller_with("ingest"))]
Editing = Annotated[Caller, Depends(caller_with("edit"))]
Administering = Annotated[Caller, Depends(caller_with("admin"))]
Person = Annotated[Caller, Depends(find_person)]
"""Somebody who signed in, whatever their role: for what is about themselves. No key."""
PeopleAdministering = Annotated[Caller, Depends(find_people_admin)]
"""Somebody who signed in and is an admin of the project that is asked for."""
PeopleOwning = Annotated[Caller, Depends(find_people_owner)]
"""Somebody who signed in and is an admin of every project."""
OrganizationAdministering = Annotated[Caller, Depends(find_organization_admin)]
"""An admin of every project, or anybody where nobody signs in. No key: a key is of one project."""
Scoring = Annotated[Caller, Depends(find_scorer)]
Serving = Annotated[Services, Depends(services_of)]
