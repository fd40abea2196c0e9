"""Dashboards as documents: what a valid one is, those that are shipped, what is taken from Grafana's."""
