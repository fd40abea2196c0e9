"""Plain OpenTelemetry: what every span may carry, whoever made it."""

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.base import Dialect

OTEL = Dialect(
    name="otel",
    keys={
        f.SERVER_ADDRESS: ("server.address", "net.peer.name", "peer.address"),
        f.USER: ("user.id", "enduser.id"),
        f.SESSION: ("session.id",),
        f.ENVIRONMENT: ("deployment.environment.name", "deployment.environment"),
        f.ERROR_TYPE: ("error.type",),
        f.EXCEPTION_TYPE: ("exception.type",),
        f.EXCEPTION_MESSAGE: ("exception.message", "error.message"),
        f.HTTP_STATUS: ("http.response.status_code", "http.status_code"),
    },
)
