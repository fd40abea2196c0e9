"""PromQL: parse an expression, plan which samples it needs, evaluate it over them. Pure: the caller fetches.

expression = parse(text)
plan = make_plan(expression, start_ms=..., end_ms=..., step_ms=...)
data = [fetch(selection) for selection in plan.selections]
result = evaluate(plan, data)
"""
