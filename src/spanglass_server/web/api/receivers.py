"""Who hears of alerts: the configuration, its receivers, and a message to try them."""

from fastapi import APIRouter, Response

from spanglass_server.notify.office import ConfigView
from spanglass_server.web.api import notification_models as models
from spanglass_server.web.api.notification_shape import attempt_json, receiver_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Administering, Reading, Serving

router = APIRouter(tags=["notifications"])


@router.get("/notification-config", response_model=models.NotificationConfig)
def get_config(caller: Reading, services: Serving) -> Response:
    """The configuration in Alertmanager's YAML, each secret as `***`."""
    return json_response(_config_json(services.notifications.find_config(caller.project.id)))


@router.put("/notification-config", response_model=models.NotificationConfig)
def put_config(caller: Administering, services: Serving, given: models.NotificationConfigInput) -> Response:
    """Change it. A secret left as `***` stays what it was, as long as its target does."""
    return json_response(_config_json(services.notifications.put_config(caller.project.id, given.yaml)))


@router.delete("/notification-config", status_code=204)
def delete_config(caller: Administering, services: Serving) -> Response:
    """Forget it: alerts are shown, and nobody is told."""
    services.notifications.delete_config(caller.project.id)
    return Response(status_code=204)


@router.get("/receivers", response_model=models.Receivers)
def list_receivers(caller: Reading, services: Serving) -> Response:
    """The receivers, and how their integrations fared."""
    reports = services.notifications.list_receivers(caller.project.id)
    return json_response({"items": [receiver_json(report) for report in reports]})


@router.post("/receivers/{name}/test", response_model=models.Attempts)
def check_receiver(caller: Administering, services: Serving, name: str) -> Response:
    """Really send a message by each of its integrations; what came of each."""
    attempts = services.notifications.test_receiver(caller.project.id, name)
    return json_response({"items": [attempt_json(attempt) for attempt in attempts]})


def _config_json(view: ConfigView) -> dict[str, object]:
    return {"yaml": view.text, "source": view.source, "error": view.error or None}
