"""What all spans of one resource and scope share, worked out once a batch."""

from typing import NamedTuple

import orjson

from spanglass_server.normalize.dialects import DIALECTS
from spanglass_server.normalize.dialects.langfuse import LANGFUSE
from spanglass_server.normalize.dialects.openlit import OPENLIT
from spanglass_server.normalize.dialects.strands import STRANDS_SERVICE_NAMES
from spanglass_server.normalize.table import PLAIN
from spanglass_server.normalize.values import as_word, dump_json, printable_text
from spanglass_server.wire.records import Attributes, AttributeValue, Resource, Scope


class Origin(NamedTuple):
    service: str
    environment: str
    release: str
    resource: str
    scope: str
    mark: int
    """The index in DIALECTS that the scope tells; PLAIN where it tells none."""
    scope_name: str
    scope_version: str
    decodes_metadata: bool
    """The sender writes every metadata value as JSON."""


def read_origin(resource: Resource, scope: Scope) -> Origin:
    attributes = resource.attributes
    service = _word(attributes, "service.name")
    release = _word(attributes, "langfuse.release")
    if not release and service not in STRANDS_SERVICE_NAMES:
        release = _word(attributes, "service.version")
    named: AttributeValue = {"name": scope.name, "version": scope.version, "attributes": scope.attributes}
    return Origin(
        service=service,
        environment=_word(
            attributes, "deployment.environment.name", "deployment.environment", "langfuse.environment"
        ),
        release=release,
        resource=dump_json(attributes),
        scope=dump_json(named),
        mark=_mark(scope.name, _word(attributes, "telemetry.sdk.name")),
        scope_name=printable_text(scope.name),
        scope_version=scope.version,
        decodes_metadata=decodes_metadata(
            scope.name, scope.version, _word(attributes, "telemetry.sdk.language")
        ),
    )


def _word(attributes: Attributes, *keys: str) -> str:
    for key in keys:
        word = as_word(attributes.get(key))
        if word:
            return printable_text(word)
    return ""


def _mark(scope_name: str, sdk_name: str) -> int:
    for index, dialect in enumerate(DIALECTS):
        for pattern in dialect.scopes:
            if scope_name == pattern or (pattern[-1] == "*" and scope_name.startswith(pattern[:-1])):
                return index
    return DIALECTS.index(OPENLIT) if sdk_name == OPENLIT.name else PLAIN


def decodes_metadata(scope_name: str, scope_version: str, language: str) -> bool:
    """Langfuse's Python SDK from 5 and its JavaScript SDK from 6. `language` is `telemetry.sdk.language`."""
    if not scope_name.startswith(LANGFUSE.scopes[0].rstrip("*")):
        return False
    major = scope_version.partition(".")[0]
    is_python = language == "python"
    return major.isdigit() and int(major) >= (5 if is_python else 6)


class ResourceFacts(NamedTuple):
    """What a stored resource says for its spans to inherit."""

    feature: str
    team: str


def read_resource_facts(resource_json: str) -> ResourceFacts:
    """From the JSON text of a row's `resource`."""
    if (
        '"spanglass.' not in resource_json
        and '"feature"' not in resource_json
        and '"team"' not in resource_json
    ):
        return ResourceFacts("", "")
    attributes = orjson.loads(resource_json)
    return ResourceFacts(
        _word(attributes, "spanglass.feature", "feature"), _word(attributes, "spanglass.team", "team")
    )
