"""What should not be in a text: personal data and secrets, by place and kind.

Pure functions in linear time, whatever the text: fit for every text that comes in. Both find what has a form
of its own, checked by its checksum where it has one; names and addresses have none.
"""

from spanglass.evaluators.sensitive.findings import Finding, mask_value, replace_findings
from spanglass.evaluators.sensitive.personal import PERSONAL_KINDS, find_personal
from spanglass.evaluators.sensitive.secret import SECRET_KINDS, find_secrets

__all__ = [
    "PERSONAL_KINDS",
    "SECRET_KINDS",
    "Finding",
    "find_personal",
    "find_secrets",
    "mask_value",
    "replace_findings",
]
