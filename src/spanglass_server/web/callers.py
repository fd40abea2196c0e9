"""What endpoints ask for before they begin: a caller who may do it, and the server's services."""

from typing import Annotated

from fastapi import Depends

from spanglass_server.web.auth import Caller, caller_with, find_scorer
from spanglass_server.web.params import services_of
from spanglass_server.web.services import Services

Reading = Annotated[Caller, Depends(caller_with("read"))]
Writing = Annotated[Caller, Depends(caller_with("ingest"))]
Editing = Annotated[Caller, Depends(caller_with("edit"))]
Administering = Annotated[Caller, Depends(caller_with("admin"))]
Scoring = Annotated[Caller, Depends(find_scorer)]
Serving = Annotated[Services, Depends(services_of)]
