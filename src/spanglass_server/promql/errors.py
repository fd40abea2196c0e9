"""What can be wrong with an expression."""

from spanglass_server.base.errors import QueryInvalid


class ExpressionInvalid(QueryInvalid):
    """It does not parse or its types do not fit. Prometheus' `bad_data`."""


class Unsupported(ExpressionInvalid):
    """Experimental upstream, and refused here; the message names it."""


class EvaluationError(QueryInvalid):
    """It parses and cannot be evaluated over these series. Prometheus' `execution`."""
