"""Spanglass: observability for applications made with large language models."""
