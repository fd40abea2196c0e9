"""Prompts inside prompts: `@@@langfusePrompt:name=NAME|label=LABEL@@@`, or `|version=N`.

A text prompt's words take the place of the reference. Checked when a prompt is created, and again when it is
read, because labels move.
"""

import json
import re
from typing import Final

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import PROMPT_REFERENCES_MAX, PROMPT_TEXT_CHARS_MAX
from spanglass_server.store.library import JsonText, Prompt, Prompts
from spanglass_server.wire.json_documents import json_text

_MARK: Final = "@@@langfusePrompt:"
_REFERENCE: Final = re.compile(
    r"@@@langfusePrompt:name=(?P<name>[^|@\n]{1,255})\|(?P<by>version|label)=(?P<value>[^|@\n]{1,36})@@@"
)
_DEPTH_MAX: Final = 5


def resolve_references(prompts: Prompts, project_id: str, name: str, text: JsonText) -> JsonText:
    """The prompt's JSON with the words of others in the place of its references. Raises NotFound for one
    that is missing, BadInput for one that cannot stand there."""
    if _MARK not in text:
        return text
    return json_text(_Resolver(prompts, project_id).resolve(json.loads(text), (name,)))


class _Resolver:
    def __init__(self, prompts: Prompts, project_id: str) -> None:
        self._prompts = prompts
        self._project_id = project_id
        self._count = 0

    def resolve(self, value: object, path: tuple[str, ...]) -> object:
        """`path` are the names from the prompt that is asked for down to the one that `value` is of."""
        if isinstance(value, str):
            resolved = _REFERENCE.sub(lambda match: self._words_of(match, path), value)
            if len(resolved) > PROMPT_TEXT_CHARS_MAX:
                raise BadInput(f"with its references the prompt has over {PROMPT_TEXT_CHARS_MAX} characters")
            return resolved
        if isinstance(value, list):
            return [self.resolve(item, path) for item in value]
        if isinstance(value, dict):
            return {key: self.resolve(item, path) for key, item in value.items()}
        return value

    def _words_of(self, match: re.Match[str], path: tuple[str, ...]) -> str:
        name = match["name"]
        self._count += 1
        if name in path:
            raise BadInput(f"prompts refer to each other in a circle: {' > '.join([*path, name])}")
        if len(path) > _DEPTH_MAX or self._count > PROMPT_REFERENCES_MAX:
            raise BadInput(
                f"the prompt '{path[0]}' refers to more than {_DEPTH_MAX} prompts inside one another, "
                f"or to more than {PROMPT_REFERENCES_MAX}"
            )
        found = self._get(match, path)
        if found.type != "text":
            raise BadInput(f"the prompt '{path[-1]}' refers to '{name}', which is no text but a chat")
        return str(self.resolve(json.loads(found.prompt), (*path, name)))

    def _get(self, match: re.Match[str], path: tuple[str, ...]) -> Prompt:
        name, value = match["name"], match["value"]
        if match["by"] == "version" and not (value.isdecimal() and len(value) <= 9):
            raise BadInput(f"the prompt '{path[-1]}' refers to '{name}' in no version: '{value}'")
        try:
            if match["by"] == "version":
                return self._prompts.get(self._project_id, name, version=int(value))
            return self._prompts.get(self._project_id, name, label=value)
        except NotFound as missing:
            raise NotFound(
                f"the prompt '{path[-1]}' refers to one that is missing: {missing.message}"
            ) from None
