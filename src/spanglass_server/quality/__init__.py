"""Evaluation of what is stored: sampling, the runner, judges' budgets, runs over history, statistics."""
