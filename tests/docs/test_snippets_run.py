"""The README's application, word by word, beside a running server: its spans arrive and are understood."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.cli.processes import environment, first_line, free_port, run, started
from tests.docs.pages import ROOT, blocks

from spanglass_examples.conditions import Conditions, World
from spanglass_examples.fake_models.server import ModelServer

pytestmark = pytest.mark.slow

READMES = (ROOT / "README.md", ROOT / "README.ko.md")
SNIPPETS = [block for page in READMES for block in blocks(page) if block.language == "python"]
CALL = """
def call_the_model(question):
    import openai
    client = openai.OpenAI(base_url=BASE_URL, api_key="none")
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-5.4-mini", messages=messages).choices[0].message.content
assert answer("How do I get a refund?")
"""


def get(url: str, key: str) -> dict[str, object]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def test_both_readmes_show_one_and_the_same_application() -> None:
    assert len(SNIPPETS) == 2
    assert SNIPPETS[0].text == SNIPPETS[1].text


def test_the_readmes_application_is_seen(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "spanglass.toml").write_text(f"port = {port}\ngrpc_port = 0\n")
    world = World(conditions=Conditions(error_rate=0))
    with started("serve", data_dir=tmp_path) as server, ModelServer(world, seed=1).running() as models_url:
        url = first_line(server).split()[-1]
        # The next step of the README: a project of its own, and the lines that the command prints.
        made = run("keys", "create", "--project", "search", data_dir=tmp_path)
        exports = dict(
            line.strip().removeprefix("export ").split("=", 1)
            for line in made.stdout.splitlines()
            if "export OTEL" in line
        )
        assert exports["OTEL_EXPORTER_OTLP_ENDPOINT"] == url
        secret = next(line.split()[2] for line in made.stdout.splitlines() if line.startswith("secret key"))
        variables = {name: value.strip("'") for name, value in exports.items()}
        program = f"BASE_URL = {f'{models_url}/v1'!r}\n{SNIPPETS[0].text}{CALL}"
        subprocess.run(
            [sys.executable, "-c", program],
            env={**environment(tmp_path), **variables, "NO_PROXY": "*"},
            check=True,
            timeout=120,
        )
        found = get(f"{url}/api/v1/spans?filter=kind:llm", secret)
    items = found["items"]
    assert isinstance(items, list)
    assert [(span["provider"], span["request_model"]) for span in items] == [("openai", "gpt-5.4-mini")]
    assert items[0]["input_tokens"] > 0
    assert items[0]["cost_usd"] > 0
    assert "refund" in str(items[0]["input_messages"])
    assert (items[0]["service"], items[0]["feature"], items[0]["user_id"]) == ("shop-assistant", "help", "u1")
