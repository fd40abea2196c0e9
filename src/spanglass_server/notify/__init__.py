"""Alertmanager's model: routes, groups, silences, inhibitions, and the integrations that carry messages."""
