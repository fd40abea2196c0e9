"""What should not be in a text: personal data and secrets, by place and kind.

Pure functions in linear time, whatever the text: fit for every text that comes in. Both find what has a form
of its own, checked by its checksum where it has one; names and addresses have none.
"""

from spanglass.evaluators.sensitive.findings import (
    Detector,
    Detectors,
    Finding,
    TooManyFindingsError,
    mask_value,
    replace_findings,
)
from spanglass.evaluators.sensitive.marks import find_marks
from spanglass.evaluators.sensitive.personal import DETECTORS as PERSONAL_DETECTORS
from spanglass.evaluators.sensitive.personal import PERSONAL_KINDS, find_personal
from spanglass.evaluators.sensitive.secret import DETECTORS as SECRET_DETECTORS
from spanglass.evaluators.sensitive.secret import NAMES_OF_SECRETS, SECRET_KINDS, find_secrets

__all__ = [
    "NAMES_OF_SECRETS",
    "PERSONAL_DETECTORS",
    "PERSONAL_KINDS",
    "SECRET_DETECTORS",
    "SECRET_KINDS",
    "Detector",
    "Detectors",
    "Finding",
    "TooManyFindingsError",
    "find_marks",
    "find_personal",
    "find_secrets",
    "mask_value",
    "replace_findings",
]
