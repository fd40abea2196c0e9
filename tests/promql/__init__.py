"""Runs PromQL test scripts: `python -m tests.promql FILE...`, in the language of Prometheus' own.

Reading is script.py (commands) and notation.py (series); storage.py answers selectors from memory; runner.py
evaluates and compare.py judges.
"""
