"""Runs PromQL over the stored series: plans, fetches, evaluates, within limits."""
