"""Go's text/template, as far as rules' annotations and notifications use it. Pure.

    template = parse(text, name="summary", functions=FUNCTIONS)     raises TemplateInvalid
    template.render(data)                                           raises TemplateFailed

Data are str, bool, int, float, None, mappings, sequences, and `Record`s for what has fields and methods.
Templates are written by users: they reach nothing but these, and steps and output are bounded.
Source: the documentation of Go's package text/template; error texts are Go's.
"""

from spanglass_server.gotemplate.errors import TemplateError, TemplateFailed, TemplateInvalid
from spanglass_server.gotemplate.execute import RenderLimits, Template, parse
from spanglass_server.gotemplate.printing import sprint, sprintf
from spanglass_server.gotemplate.values import Function, Record

__all__ = [
    "Function",
    "Record",
    "RenderLimits",
    "Template",
    "TemplateError",
    "TemplateFailed",
    "TemplateInvalid",
    "parse",
    "sprint",
    "sprintf",
]
