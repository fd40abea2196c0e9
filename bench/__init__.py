"""Benchmarks: `python -m bench` drives a running server as its users' exporters and browsers would."""
