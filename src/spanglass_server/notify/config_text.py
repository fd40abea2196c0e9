"""A configuration's text with its secrets hidden, and with them put back where they were left hidden.

The text keeps its comments, order and form: only the secrets' own characters change.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from spanglass_server.notify.secret import MASK
from spanglass_server.notify.yaml_section import Budget, ConfigInvalid, compose, line_of

_SECRET_KEYS: Final = frozenset(
    {"api_url", "bot_token", "auth_password", "credentials", "password", "routing_key", "url"}
    | {"slack_api_url", "slack_bot_token", "smtp_auth_password", "service_key", "app_token"}
)
_PLAIN_URLS: Final = frozenset({"pagerduty_configs"})
"""Lists whose `url` is no secret."""
_TARGET_KEYS: Final = frozenset(
    {"url", "api_url", "smarthost", "smtp_smarthost", "pagerduty_url", "require_tls", "smtp_require_tls"}
    | {"insecure_skip_verify", "server_name"}
)
"""Where a secret goes to: who edits a configuration must not learn its secrets by sending them elsewhere."""
_COMMENTED: Final = re.compile(
    rf"^(\s*#.*?\b(?:{'|'.join(sorted(_SECRET_KEYS))})['\"]?\s*:\s*)(\S.*)$", re.MULTILINE
)

Path = tuple[str, ...]


class _Found(NamedTuple):
    path: Path
    """Keys down to the secret; an item of a list by its `name` where it has one, else by its place."""
    node: ScalarNode
    targets: tuple[tuple[str, str], ...]
    """The plain values beside it, and above it in the same entry, that say where it goes to."""


def mask_secrets(text: str) -> str:
    """The text as it may be shown. One that is not YAML is not shown at all."""
    try:
        found = list(_find_secrets(text))
    except ConfigInvalid:
        return ""
    # In quotes: bare, YAML would take it for an alias.
    spans = [(secret.node, f'"{MASK}"') for secret in found]
    return _COMMENTED.sub(rf"\1{MASK}", _replaced(text, spans))


def restore_secrets(text: str, stored: str) -> str:
    """The text with the stored secrets in place of its masks. Raises ConfigInvalid for a mask that stands for
    nothing, or whose secret would now go somewhere else."""
    masked = [found for found in _find_secrets(text) if MASK in found.node.value]
    if not masked:
        return text
    known = {found.path: found for found in _find_secrets(stored)}
    spans = []
    for found in masked:
        old = known.get(found.path)
        name = found.path[-1]
        if old is None:
            raise ConfigInvalid(
                f"`{name}` is hidden, and no secret is stored for it here",
                line=line_of(found.node),
                hint="write the secret itself",
            )
        if found.node.value != MASK or not _is_same_target(found, old):
            raise ConfigInvalid(
                f"the target of `{name}` has changed: its secret has to be given again",
                line=line_of(found.node),
                hint="write the secret itself; a hidden one stays with its target",
            )
        spans.append((found.node, json.dumps(old.node.value, ensure_ascii=False)))
    return _replaced(text, spans)


def _is_same_target(found: _Found, old: _Found) -> bool:
    """A target that is a secret itself is hidden in the new text, and compared on its own."""
    before, after = dict(old.targets), dict(found.targets)
    return before.keys() == after.keys() and all(
        before[key] == value or value == MASK for key, value in after.items()
    )


def _find_secrets(text: str) -> Iterator[_Found]:
    tree = compose(text)
    if tree is not None:
        yield from _walk(tree, (), _global_targets(tree), Budget())


def _global_targets(tree: Node) -> tuple[tuple[str, str], ...]:
    """What receivers that name no target of their own send to."""
    pairs = tree.value if isinstance(tree, MappingNode) else ()
    return tuple(pair for key, value in pairs if key.value == "global" for pair in _targets_below("", value))


def _walk(node: Node, path: Path, targets: tuple[tuple[str, str], ...], budget: Budget) -> Iterator[_Found]:
    budget.spend(node)
    if isinstance(node, SequenceNode):
        # What stands beside each other in a list has targets of its own.
        for place, item in enumerate(node.value):
            yield from _walk(item, (*path, _name_of(item) or str(place)), targets, budget)
    elif isinstance(node, MappingNode):
        pairs = [(str(key.value), value) for key, value in node.value]
        own = tuple(
            (".".join((*path[-1:], key)), value.value)
            for key, value in pairs
            if key in _TARGET_KEYS and isinstance(value, ScalarNode)
        )
        nested = tuple(pair for key, value in pairs if key in _NESTED for pair in _targets_below(key, value))
        for key, value in pairs:
            if isinstance(value, ScalarNode):
                if _is_secret(key, path) and value.value:
                    beside = tuple(t for t in own if not t[0].endswith(f".{key}"))
                    yield _Found((*path, key), value, (*targets, *beside, *nested))
            else:
                yield from _walk(value, (*path, key), (*targets, *own, *nested), budget)


_NESTED: Final = frozenset({"http_config", "tls_config"})


def _targets_below(key: str, node: Node) -> Sequence[tuple[str, str]]:
    """Of the settings of TLS inside: a secret that is sent unverified goes to anyone."""
    if not isinstance(node, MappingNode):
        return ()
    found = []
    for name, value in ((str(name.value), value) for name, value in node.value):
        if isinstance(value, ScalarNode) and name in _TARGET_KEYS:
            found.append((f"{key}.{name}", value.value))
        elif name in _NESTED:
            found += _targets_below(f"{key}.{name}", value)
    return found


def _is_secret(key: str, path: Path) -> bool:
    if key == "url" and not _PLAIN_URLS.isdisjoint(path):
        return False
    return key in _SECRET_KEYS and path[:1] != ("route",)


def _name_of(node: Node) -> str:
    if not isinstance(node, MappingNode):
        return ""
    return next(
        (f"name:{v.value}" for k, v in node.value if k.value == "name" and isinstance(v, ScalarNode)), ""
    )


def _replaced(text: str, values: Sequence[tuple[ScalarNode, str]]) -> str:
    """An alias may lead to the same place more than once; a block of lines ends where the next key begins."""
    spans = {(node.start_mark.index, node.end_mark.index): value for node, value in values}
    for (start, end), value in sorted(spans.items(), reverse=True):
        rest = text[start:end]
        text = text[:start] + value + rest[len(rest.rstrip()) :] + text[end:]
    return text
