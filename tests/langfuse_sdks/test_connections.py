"""Keys, addresses, load and a server that is away, as the real SDKs meet them."""

from collections.abc import Callable

import pytest
from tests.langfuse_sdks.harness import Project
from tests.support.spanglass_process import free_port

pytestmark = pytest.mark.slow

PYTHON_SDKS = ["v2", "v3", "v4", "v5"]


@pytest.fixture(scope="module")
def project(make_project: Callable[[str], Project]) -> Project:
    return make_project("connections")


@pytest.mark.parametrize("sdk", PYTHON_SDKS)
def test_auth_check_tells_right_keys_from_wrong_ones_also_at_an_address_with_a_trailing_slash(
    sdk: str, project: Project
) -> None:
    address = f"{project.url}/"
    report = project.run(sdk, "auth.py", LANGFUSE_HOST=address, LANGFUSE_BASE_URL=address)
    assert report["own"] is True
    assert report["strange"] == "UnauthorizedError"


@pytest.mark.parametrize("sdk", PYTHON_SDKS)
def test_three_hundred_observations_of_six_threads_arrive_complete(sdk: str, project: Project) -> None:
    # Large batches, of the SDK 2 from several senders at once.
    address = f"{project.url}/"  # As many write it: the SDKs from 3 on then post to //api/public/otel.
    sending = {
        "LANGFUSE_FLUSH_AT": "100",
        "LANGFUSE_THREADS": "3",
        "LANGFUSE_HOST": address,
        "LANGFUSE_BASE_URL": address,
    }
    report = project.run(sdk, "v2_many.py" if sdk == "v2" else "many.py", "6", "50", **sending)
    assert len(report["trace_ids"]) == 6
    for worker, trace_id in enumerate(report["trace_ids"]):
        trace = project.trace(trace_id)
        (root,) = [span for span in trace.spans if span["parent_span_id"] is None]
        steps = [span for span in trace.spans if span["parent_span_id"] == root["span_id"]]
        assert [span["name"] for span in sorted(steps, key=lambda span: str(span["start_time"]))] == [
            f"step {worker}.{number}" for number in range(50)
        ]
        assert len(trace.spans) == 51


@pytest.mark.parametrize(("sdk", "program"), [("v2", "v2_many.py"), ("v5", "many.py")])
def test_a_program_whose_server_is_away_is_unharmed(sdk: str, program: str, project: Project) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    report = project.run(sdk, program, "1", "2", LANGFUSE_HOST=away, LANGFUSE_BASE_URL=away)
    assert len(report["trace_ids"]) == 1
