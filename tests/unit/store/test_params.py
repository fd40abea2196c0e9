import pytest

from spanglass_server.store.clickhouse.engine import Parameter
from spanglass_server.store.clickhouse.params import encode_param


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("tab\tnewline\nquote'back\\slash", "tab\\tnewline\\nquote\\'back\\\\slash"),
        (None, "\\N"),
        (True, "true"),
        (-7, "-7"),
        (0.1, "0.1"),
        (["a'b", "c"], "['a\\'b','c']"),
        ([("p", 1, None)], "[('p',1,NULL)]"),
        ([], "[]"),
    ],
)
def test_a_parameter_is_written_as_clickhouse_reads_it(value: Parameter, text: str) -> None:
    assert encode_param(value) == text
