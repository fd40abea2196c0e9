from spanglass.testing import captured

__all__ = ["captured"]
