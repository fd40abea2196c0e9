"""A trace that waits for a line on standard input in between; Langfuse's Python SDKs 3 to 5."""

import journal
from langfuse import get_client

langfuse = get_client()
with langfuse.start_as_current_observation(name="long", as_type="agent", input="a question") as root:
    with langfuse.start_as_current_observation(name="early", input=1) as early:
        with langfuse.start_as_current_observation(
            name="inner", as_type="generation", model="gpt-5.4-mini", input="hello"
        ) as inner:
            inner.update(output="hi", usage_details={"input": 9, "output": 1})
        early.update(output=2)
    langfuse.flush()
    journal.wait_for_a_line()
    with langfuse.start_as_current_observation(name="late"):
        pass
    root.update(output="an answer")
langfuse.flush()
journal.report(trace_id=root.trace_id)
