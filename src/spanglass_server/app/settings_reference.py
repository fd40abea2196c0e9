"""Prints docs/configuration.md, made from the settings' declarations; given a path, writes it there."""

import sys
import types
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

from pydantic import ByteSize
from pydantic.fields import FieldInfo

from spanglass_server.app.settings import CONFIG_FILE_NAME, CONFIG_VARIABLE, Settings, variable_of

_HEAD = f"""# Configuration

<!-- Made by `python -m spanglass_server.app.settings_reference docs/configuration.md`; do not edit. -->

Command line > environment > TOML file > default. The TOML file is the one that `--config` or \
`{CONFIG_VARIABLE}` names, else `{CONFIG_FILE_NAME}` in the working directory. It holds the settings' names \
in lower case and without prefix:

```toml
port = 4318
retention_days = 30
queue_bytes_max = "128MiB"
```

An unknown name in it is an error, so is a value that cannot be used; both say where they came from. \
An empty environment variable counts as unset. Sizes are numbers of bytes, or `64MiB`, `1.5GB`.

`--host`, `--port`, `--grpc-port` and `--data-dir` are options of `spanglass serve` and `spanglass demo`. \
`spanglass doctor` shows what is set, and from where.

| variable | type | default | meaning |
|---|---|---|---|
"""


def render_reference() -> str:
    rows = (_render_row(name, field) for name, field in Settings.model_fields.items())
    return _HEAD + "\n".join(rows) + "\n"


def _render_row(name: str, field: FieldInfo) -> str:
    return (
        f"| `{variable_of(name)}` | {_render_type(field.annotation)} | {_render_default(name, field)} "
        f"| {field.description} |"
    )


def _render_type(annotation: object) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list, or text with commas"
    if get_origin(annotation) in (Union, types.UnionType):
        return next(_render_type(part) for part in get_args(annotation) if part is not type(None))
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true`, `false`",
        ByteSize: "bytes",
        Path: "path",
    }
    return names[annotation] if isinstance(annotation, type) else str(annotation)


def _render_default(name: str, field: FieldInfo) -> str:
    if name == "data_dir":
        return "`~/.local/share/spanglass` (on Linux)"
    default = field.get_default()
    if default is None or default in ("", ()):
        return "unset"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    if isinstance(default, ByteSize):
        return f"`{default >> 20}MiB`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def main(arguments: list[str]) -> None:
    text = render_reference()
    if arguments:
        Path(arguments[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
