"""An alert on its way from a rule to the people who hear of it: Alertmanager's data model."""

from typing import Literal, NamedTuple, TypeAlias

from spanglass_server.model.series import Labels

AlertState: TypeAlias = Literal["inactive", "pending", "firing"]


class Alert(NamedTuple):
    """What an alerting rule tells for one label set. It is one by (project_id, labels)."""

    project_id: str
    labels: Labels
    """`alertname`, the rule's and the expression's, and `project`."""
    annotations: Labels
    starts_at_ms: int
    """When it began to fire."""
    ends_at_ms: int
    """When it was resolved; 0 while it fires."""
    updated_at_ms: int
    """When the rule said so last. A firing alert that is not told again for `resolve_timeout` is resolved."""
    value: float
    """The expression's, when it was evaluated last."""
    expression: str
    generator_url: str
    """The page that shows the rule's expression."""
