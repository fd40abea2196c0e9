"""Who may ask what: every door of the HTTP port, by what it needs. A new endpoint gets its line here, or
`test_access.py` fails.

    anyone        nobody has to say who they are
    read, ingest, edit, admin
                  a key with the scope, or a person whose role in the project allows it
    score         `ingest`, and a public key alone
    person        somebody who signed in, whatever their role; no key
    people        an admin of the project who signed in; no key
    organization  an admin of every project who signed in; no key

People's cookies open `/api/v1` and `/prometheus` alone: all other doors are for machines.
"""

from typing import Final, Literal, NamedTuple

Need = Literal["anyone", "read", "ingest", "edit", "admin", "score", "person", "people", "organization"]


class Door(NamedTuple):
    method: str
    path: str


_ANYONE = """
GET /
GET /api/docs
GET /api/openapi.json
GET /api/public/health
GET /api/public/media/{media_id}/content
PUT /api/public/media/{media_id}/content
POST /api/v1/account/reset
POST /api/v1/invitations/accept
POST /api/v1/invitations/look
GET /api/v1/me
GET /api/v1/public/traces/{token}
GET /api/v1/public/traces/{token}/spans/{span_id:path}
DELETE /api/v1/session
POST /api/v1/session
POST /api/v1/setup
GET /auth/oidc/callback
GET /auth/oidc/start
GET /graph
GET /healthz
GET /project/{project_id}/traces/{trace_id:path}
GET /prometheus
GET /prometheus/
GET /prometheus/-/healthy
GET /prometheus/-/ready
GET /prometheus/alerts
GET /prometheus/graph
GET /prometheus/query
GET /prometheus/rules
GET /readyz
GET /trace/{trace_id:path}
"""

_READ = """
GET /alertmanager/api/v2/alerts
GET /alertmanager/api/v2/alerts/groups
GET /alertmanager/api/v2/receivers
GET /alertmanager/api/v2/silence/{silence_id}
GET /alertmanager/api/v2/silences
GET /alertmanager/api/v2/status
GET /api/public/dataset-items
GET /api/public/dataset-items/{item_id:path}
GET /api/public/dataset-run-items
GET /api/public/datasets
GET /api/public/datasets/{name:path}
GET /api/public/datasets/{name:path}/runs
GET /api/public/datasets/{name:path}/runs/{run_name:path}
GET /api/public/experiment-items
GET /api/public/experiments
GET /api/public/media/{media_id}
GET /api/public/metrics
GET /api/public/metrics/daily
GET /api/public/observations
GET /api/public/observations/{observation_id:path}
GET /api/public/projects
GET /api/public/score-configs
GET /api/public/score-configs/{config_id}
GET /api/public/scores
GET /api/public/scores/{score_id:path}
GET /api/public/sessions
GET /api/public/sessions/{session_id:path}
GET /api/public/traces
GET /api/public/traces/{trace_id:path}
GET /api/public/v2/datasets
GET /api/public/v2/datasets/{name:path}
GET /api/public/v2/metrics
GET /api/public/v2/observations
GET /api/public/v2/prompts
GET /api/public/v2/prompts/{name:path}
GET /api/public/v2/scores
GET /api/public/v2/scores/{score_id:path}
GET /api/public/v3/scores
GET /api/v1/aggregate
GET /api/v1/alerts
GET /api/v1/budgets
GET /api/v1/budgets/{name}
GET /api/v1/cost
GET /api/v1/cost
GET /api/v1/cost.csv
GET /api/v1/cost.csv
GET /api/v1/cost/change
GET /api/v1/cost/change
GET /api/v1/cost/over-time
GET /api/v1/cost/over-time
GET /api/v1/dashboards
POST /api/v1/dashboards/import
GET /api/v1/dashboards/{dashboard_id}
DELETE /api/v1/dashboards/{dashboard_id}/star
PUT /api/v1/dashboards/{dashboard_id}/star
GET /api/v1/datasets
GET /api/v1/datasets/{name:path}
GET /api/v1/datasets/{name:path}/export
GET /api/v1/datasets/{name:path}/items
GET /api/v1/datasets/{name:path}/items/{item_id:path}
GET /api/v1/datasets/{name:path}/versions
GET /api/v1/evaluator-kinds
GET /api/v1/errors-by-type
GET /api/v1/evaluators
POST /api/v1/evaluators/estimate
GET /api/v1/evaluators/{evaluator_id}
POST /api/v1/evaluators/{evaluator_id}/estimate
GET /api/v1/evaluators/{evaluator_id}/failures
GET /api/v1/evaluators/{evaluator_id}/runs
GET /api/v1/evaluators/{evaluator_id}/runs/{run_id}
GET /api/v1/experiments
GET /api/v1/experiments/compare
GET /api/v1/experiments/{experiment_id:path}
GET /api/v1/facets
GET /api/v1/fields
GET /api/v1/histogram
GET /api/v1/honesty
GET /api/v1/judge-connections
GET /api/v1/judge-connections/{name}
GET /api/v1/latency-heatmap
GET /api/v1/logs
GET /api/v1/logs/histogram
GET /api/v1/logs/{log_id}
GET /api/v1/media/{media_id}
GET /api/v1/notification-config
GET /api/v1/notifications
GET /api/v1/notified-alerts
GET /api/v1/movers
GET /api/v1/overview
GET /api/v1/prices
GET /api/v1/prices/own
GET /api/v1/prices/unpriced
GET /api/v1/projects
GET /api/v1/public-links
GET /api/v1/queues
GET /api/v1/queues/{queue_id}
GET /api/v1/queues/{queue_id}/agreement
GET /api/v1/queues/{queue_id}/export
GET /api/v1/queues/{queue_id}/items
GET /api/v1/receivers
GET /api/v1/redaction
GET /api/v1/redaction/counts
GET /api/v1/releases
POST /api/v1/redaction/preview
POST /api/v1/redaction/trial
GET /api/v1/rule-files
POST /api/v1/rule-files/check
GET /api/v1/rule-files/{name:path}
GET /api/v1/rules
GET /api/v1/rules/backtest
GET /api/v1/saved-views
POST /api/v1/saved-views
DELETE /api/v1/saved-views/{view_id}
PATCH /api/v1/saved-views/{view_id}
GET /api/v1/score-configs
GET /api/v1/score-configs/{config_id}
GET /api/v1/scores
GET /api/v1/scores/agreement
GET /api/v1/scores/distribution
GET /api/v1/scores/names
GET /api/v1/scores/statistics
GET /api/v1/scores/trend
GET /api/v1/scores/{score_id:path}
GET /api/v1/service-map
GET /api/v1/sessions
GET /api/v1/sessions/{session_id:path}
GET /api/v1/sessions/{session_id:path}/export
GET /api/v1/sessions/{session_id:path}/turns
GET /api/v1/silences
POST /api/v1/silences/preview
GET /api/v1/silences/{silence_id}
GET /api/v1/spans
POST /api/v1/sql
GET /api/v1/sql/schema
GET /api/v1/status
GET /api/v1/thresholds
GET /api/v1/traces
GET /api/v1/traces/{trace_id:path}
GET /api/v1/traces/{trace_id:path}/public-links
GET /api/v1/traces/{trace_id:path}/search
GET /api/v1/traces/{trace_id:path}/spans/{span_id:path}
GET /api/v1/users
GET /api/v1/users/{user_id:path}
GET /api/v1/users/{user_id:path}/data
GET /metrics
GET /prometheus/api/v1/alertmanagers
GET /prometheus/api/v1/alerts
GET /prometheus/api/v1/format_query
POST /prometheus/api/v1/format_query
GET /prometheus/api/v1/label/{name:path}/values
GET /prometheus/api/v1/labels
POST /prometheus/api/v1/labels
GET /prometheus/api/v1/metadata
GET /prometheus/api/v1/query
POST /prometheus/api/v1/query
GET /prometheus/api/v1/query_exemplars
POST /prometheus/api/v1/query_exemplars
GET /prometheus/api/v1/query_range
POST /prometheus/api/v1/query_range
GET /prometheus/api/v1/rules
GET /prometheus/api/v1/series
POST /prometheus/api/v1/series
GET /prometheus/api/v1/status/buildinfo
GET /prometheus/api/v1/status/config
GET /prometheus/api/v1/status/flags
GET /prometheus/api/v1/status/runtimeinfo
GET /prometheus/api/v1/status/tsdb
GET /prometheus/api/v1/targets
GET /prometheus/api/v1/targets/metadata
"""

_INGEST = """
POST /api/public/dataset-items
POST /api/public/dataset-run-items
POST /api/public/datasets
POST /api/public/ingestion
POST /api/public/media
PATCH /api/public/media/{media_id}
POST /api/public/otel/v1/logs
POST /api/public/otel/v1/metrics
POST /api/public/otel/v1/traces
POST /api/public/score-configs
PATCH /api/public/score-configs/{config_id}
DELETE /api/public/scores/{score_id:path}
POST /api/public/v2/datasets
POST /api/public/v2/prompts
PATCH /api/public/v2/prompts/{name:path}/versions/{version:int}
POST /api/v1/datasets
PATCH /api/v1/datasets/{name:path}
POST /api/v1/datasets/{name:path}/items
POST /api/v1/datasets/{name:path}/items/from-traces
POST /api/v1/datasets/{name:path}/items/import
PATCH /api/v1/datasets/{name:path}/items/{item_id:path}
POST /api/v1/datasets/{name:path}/versions
POST /api/v1/queues
PATCH /api/v1/queues/{queue_id}
POST /api/v1/queues/{queue_id}/fill
POST /api/v1/queues/{queue_id}/items
DELETE /api/v1/queues/{queue_id}/items/{item_id}
POST /api/v1/queues/{queue_id}/items/{item_id}/claim
POST /api/v1/queues/{queue_id}/items/{item_id}/release
POST /api/v1/queues/{queue_id}/items/{item_id}/review
POST /api/v1/queues/{queue_id}/items/{item_id}/skip
POST /api/v1/queues/{queue_id}/next
POST /api/v1/queues/{queue_id}/undo
POST /api/v1/score-configs
DELETE /api/v1/score-configs/{config_id}
PATCH /api/v1/score-configs/{config_id}
DELETE /api/v1/scores/{score_id:path}
POST /prometheus/api/v1/write
POST /v1/logs
POST /v1/metrics
POST /v1/traces
"""

_EDIT = """
DELETE /alertmanager/api/v2/silence/{silence_id}
POST /alertmanager/api/v2/silences
DELETE /api/v1/budgets/{name}
PUT /api/v1/budgets/{name}
POST /api/v1/dashboards
DELETE /api/v1/dashboards/{dashboard_id}
PUT /api/v1/dashboards/{dashboard_id}
DELETE /api/v1/dashboards/{dashboard_id}/default
PUT /api/v1/dashboards/{dashboard_id}/default
DELETE /api/v1/datasets/{name:path}/items/{item_id:path}
DELETE /api/v1/datasets/{name:path}/versions/{number}
POST /api/v1/evaluators
POST /api/v1/evaluators/try
DELETE /api/v1/evaluators/{evaluator_id}
PATCH /api/v1/evaluators/{evaluator_id}
POST /api/v1/evaluators/{evaluator_id}/failures/retry
POST /api/v1/evaluators/{evaluator_id}/runs
POST /api/v1/evaluators/{evaluator_id}/runs/{run_id}/cancel
POST /api/v1/prices/own
DELETE /api/v1/prices/own/{price_id}
PUT /api/v1/prices/own/{price_id}
DELETE /api/v1/public-links/{link_id}
POST /api/v1/reprice
DELETE /api/v1/rule-files/{name:path}
PATCH /api/v1/rule-files/{name:path}
PUT /api/v1/rule-files/{name:path}
POST /api/v1/silences
DELETE /api/v1/silences/{silence_id}
PUT /api/v1/silences/{silence_id}
PUT /api/v1/thresholds
POST /api/v1/traces/{trace_id:path}/public-link
"""

_ADMIN = """
DELETE /api/public/dataset-items/{item_id:path}
DELETE /api/public/datasets/{name:path}/runs/{run_name:path}
DELETE /api/public/traces
DELETE /api/public/traces/{trace_id:path}
DELETE /api/public/v2/prompts/{name:path}
GET /api/v1/audit
GET /api/v1/audit/actions
GET /api/v1/audit/export
DELETE /api/v1/datasets/{name:path}
DELETE /api/v1/experiments/{experiment_id:path}
DELETE /api/v1/judge-connections/{name}
PUT /api/v1/judge-connections/{name}
POST /api/v1/judge-connections/{name}/test
GET /api/v1/keys
POST /api/v1/keys
DELETE /api/v1/keys/{public_key}
PATCH /api/v1/keys/{public_key}
DELETE /api/v1/notification-config
PUT /api/v1/notification-config
DELETE /api/v1/projects/{name}
PATCH /api/v1/projects/{name}
GET /api/v1/projects/{name}/contents
PUT /api/v1/projects/{name}/retention
DELETE /api/v1/queues/{queue_id}
POST /api/v1/receivers/{name}/test
DELETE /api/v1/redaction
PUT /api/v1/redaction
DELETE /api/v1/traces/{trace_id:path}
POST /api/v1/users/{user_id:path}/delete-data
"""

_SCORE = """
POST /api/public/scores
POST /api/v1/scores
"""

_PERSON = """
PUT /api/v1/account
POST /api/v1/account/password
DELETE /api/v1/account/sessions
GET /api/v1/account/sessions
DELETE /api/v1/account/sessions/{session_id}
"""

_PEOPLE = """
GET /api/v1/invitations
POST /api/v1/invitations
DELETE /api/v1/invitations/{invitation_id}
GET /api/v1/members
DELETE /api/v1/members/{user_id}
PUT /api/v1/members/{user_id}
"""

_ORGANIZATION = """
PUT /api/v1/members/{user_id}/disabled
POST /api/v1/members/{user_id}/reset
DELETE /api/v1/members/{user_id}/sessions
PUT /api/v1/organization
POST /api/v1/projects
"""

_BY_NEED: Final[dict[Need, str]] = {
    "anyone": _ANYONE,
    "read": _READ,
    "ingest": _INGEST,
    "edit": _EDIT,
    "admin": _ADMIN,
    "score": _SCORE,
    "person": _PERSON,
    "people": _PEOPLE,
    "organization": _ORGANIZATION,
}
TABLE: Final[dict[Door, Need]] = {
    Door(*line.split(" ", 1)): need for need, lines in _BY_NEED.items() for line in lines.strip().splitlines()
}

FOR_PEOPLE_TOO: Final = ("/api/v1/", "/prometheus/")
"""Doors that take cookies."""
BESIDE_THE_APPS: Final = frozenset(
    Door(*line.split(" ", 1))
    for line in """
GET /
GET /api/docs
POST /api/public/otel/v1/logs
POST /api/public/otel/v1/metrics
POST /api/public/otel/v1/traces
GET /graph
GET /healthz
GET /metrics
POST /prometheus/api/v1/write
GET /readyz
POST /v1/logs
POST /v1/metrics
POST /v1/traces
""".strip().splitlines()
)
"""Answered by raw ASGI, which has no list of its routes."""
