-- What was stored before there were metrics.
INSERT INTO metric_labels
SELECT DISTINCT
    project_id,
    label.1 AS family,
    label.2 AS labels_hash,
    label.3 AS label_values
FROM
(
    SELECT DISTINCT
        project_id, toString(kind) AS kind, toString(name) AS name, toString(service) AS service,
        toString(environment) AS environment, toString(feature) AS feature, toString(team) AS team,
        toString(provider) AS provider, toString(if(response_model = '', request_model, response_model)) AS model,
        is_call OR is_billable AS is_counted, s.kind = 'cache' AND isNotNull(cache_hit) AS is_lookup
    FROM spans AS s FINAL
)
ARRAY JOIN arrayConcat(
    [('span', sipHash64(kind, name, service, environment), [kind, name, service, environment])],
    if(is_counted, [('call', sipHash64(model, provider, feature, team, service, environment), [model, provider, feature, team, service, environment])], []),
    if(is_lookup, [('cache', sipHash64(name, feature, service, environment), [name, feature, service, environment])], [])
) AS label
