"""The example in docs/prices.md is a price file that works."""

import re
from pathlib import Path

from spanglass_server.normalize.price_file import RATE_KEYS, parse_price_file

PAGE = (Path(__file__).parents[2] / "docs" / "prices.md").read_text()


def test_the_page_s_example_is_a_valid_price_file() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(parse_price_file(example, name="docs/prices.md").entries) == 4


def test_every_rate_is_explained_on_the_page() -> None:
    assert all(f"`{key}`" in PAGE for key in RATE_KEYS)
