"""A trace that waits for a line on standard input in between; Langfuse's Python SDK 2."""

import journal
from langfuse import Langfuse

langfuse = Langfuse()
trace = langfuse.trace(name="long", user_id="ada", tags=["early"], input="a question")
early = trace.span(name="early", input=1)
inner = early.generation(name="inner", model="gpt-5.4-mini", input="hello")
langfuse.flush()
journal.wait_for_a_line()
inner.end(output="hi", usage={"input": 9, "output": 1})
early.end(output=2)
trace.span(name="late").end()
trace.update(output="an answer", tags=["late"])
langfuse.flush()
journal.report(trace_id=trace.id)
