"""What can be wrong with a template."""

from spanglass_server.base.errors import BadInput


class TemplateError(BadInput): ...


class TemplateInvalid(TemplateError):
    """It does not parse."""


class TemplateFailed(TemplateError):
    """It parses, and fails on these data; or it hit a limit. What functions raise."""
