"""API keys: made of randomness, kept as hashes."""

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

PUBLIC_KEY_PREFIX: Final = "pk-sg-"


class KeyPair(NamedTuple):
    public_key: str
    secret_key: str


def new_key_pair() -> KeyPair:
    return KeyPair(f"{PUBLIC_KEY_PREFIX}{secrets.token_hex(16)}", f"sk-sg-{secrets.token_hex(24)}")


def hash_secret(secret_key: str) -> bytes:
    """SHA-256, unsalted and fast on purpose: a secret is 192 random bits that nobody can guess or find in a
    table, so a slow hash made for passwords would protect nothing and cost each request its time. And being
    deterministic it can be looked up by an index."""
    return hashlib.sha256(secret_key.encode("utf-8", "surrogatepass")).digest()


def is_same(given: str, stored: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), stored.encode())
