"""Prometheus' rules: files, templates, alert states, rounds of evaluation, and what is wrong with them."""
