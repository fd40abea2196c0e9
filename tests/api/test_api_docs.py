"""The browsable API needs nothing from another host."""

import re

from spanglass_server.web.app import STATIC_ROOT


def test_the_page_of_the_api_loads_only_files_that_are_built_with_it() -> None:
    page = (STATIC_ROOT / "api-docs.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all((STATIC_ROOT / path.removeprefix("/")).is_file() for path in loaded)
