"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0, 3.1 (the flow) and 3.1.3.7 (what to check of an id token); Discovery 1.0;
RFC 7636 (PKCE); RFC 9700 (current practice); RFC 9207 (`iss` of the answer).
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import httpx2
import orjson
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from spanglass_server.store.identity import ExternalIdentity

_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""With a key that only the provider has; never `none`, never with a shared secret."""
_TIMEOUT_S: Final = 10.0
_FRESH_S: Final = 3600.0
_KEYS_AGAIN_S: Final = 60.0
"""Unknown keys are looked up again, but not at any stranger's pace."""
_LEEWAY_S: Final = 60
_ANSWER_BYTES_MAX: Final = 1 << 20


class OidcRefusal(Exception):
    """Somebody does not get in: `word` is what the page to sign in explains; the message is for the log."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcOptions:
    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    redirect_uri: str


class Ticket(NamedTuple):
    """What a browser keeps between leaving and coming back; it makes the answer its own."""

    state: str
    nonce: str
    verifier: str
    next: str
    """The path to go to in the end."""

    def encode(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(list(self))).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Ticket | None":
        try:
            parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            return None
        is_whole = isinstance(parts, list) and len(parts) == 4 and all(isinstance(one, str) for one in parts)
        return cls(*parts) if is_whole else None


class Claims(NamedTuple):
    identity: ExternalIdentity
    email: str
    """Empty where the provider tells none."""
    is_email_verified: bool
    name: str


class OidcProvider:
    """Safe from many threads; blocks. What it asks the provider once it keeps for an hour."""

    def __init__(self, options: OidcOptions, *, now_s: Callable[[], float]) -> None:
        self._options = options
        self._now_s = now_s
        self._client = httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=True)
        self._lock = threading.Lock()
        self._found: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, jwk.KeySet] | None = None

    def begin(self, next_path: str) -> tuple[str, Ticket]:
        """Where to send the browser, and what it has to keep."""
        ticket = Ticket(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), next_path
        )
        asked = {
            "response_type": "code",
            "client_id": self._options.client_id,
            "redirect_uri": self._options.redirect_uri,
            "scope": self._options.scopes,
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": _challenge_of(ticket.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = _text_of(self._discover(), "authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", ticket

    def finish(self, answer: Mapping[str, str], ticket: Ticket) -> Claims:
        """Who came back. Raises OidcRefusal."""
        if not hmac.compare_digest(answer.get("state", "").encode(), ticket.state.encode()):
            raise OidcRefusal("state_lost", "the answer's state is not the one that was sent")
        if "error" in answer:
            raise OidcRefusal("provider_refused", f"the provider says {answer['error'][:100]}")
        if answer.get("iss", self._options.issuer) != self._options.issuer:
            raise OidcRefusal("failed", "the answer is of another issuer")
        tokens = self._redeem(answer.get("code", ""), ticket)
        claims = self._check(_text_of(tokens, "id_token"), ticket.nonce)
        if not claims.get("email") and tokens.get("access_token"):
            claims = self._with_user_info(claims, str(tokens["access_token"]))
        return Claims(
            ExternalIdentity(self._options.issuer, _text_of(claims, "sub")[:255]),
            str(claims.get("email") or ""),
            claims.get("email_verified") in (True, "true"),
            str(claims.get("name") or claims.get("preferred_username") or ""),
        )

    def close(self) -> None:
        self._client.close()

    def _discover(self) -> Mapping[str, Any]:
        with self._lock:
            found = self._found
        if found is not None and self._now_s() - found[0] < _FRESH_S:
            return found[1]
        document = self._ask("GET", f"{self._options.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self._options.issuer:
            raise OidcRefusal("failed", f"the provider calls itself {document.get('issuer')!r}")
        with self._lock:
            self._found = (self._now_s(), document)
        return document

    def _redeem(self, code: str, ticket: Ticket) -> Mapping[str, Any]:
        options, document = self._options, self._discover()
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": options.redirect_uri,
            "code_verifier": ticket.verifier,
        }
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers = {}
        if options.client_secret and "client_secret_basic" in methods:
            pair = f"{quote(options.client_id, safe='')}:{quote(options.client_secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            body["client_id"] = options.client_id
            if options.client_secret:
                body["client_secret"] = options.client_secret
        return self._ask("POST", _text_of(document, "token_endpoint"), data=body, headers=headers)

    def _check(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of a token that the provider signed for us, now, for this browser."""
        try:
            claims: Mapping[str, Any] = self._decode(id_token).claims
            jwt.JWTClaimsRegistry(
                now=lambda: int(self._now_s()),
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self._options.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self._options.client_id},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise OidcRefusal("failed", f"the id token does not hold: {error}") from error
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise OidcRefusal("failed", "the id token was made for another sign-in")
        if claims.get("azp", self._options.client_id) != self._options.client_id:
            raise OidcRefusal("failed", "the id token was made for another client")
        return claims

    def _decode(self, id_token: str) -> jwt.Token:
        """Once more with the provider's keys as they are now, where those that are known do not fit."""
        try:
            return jwt.decode(id_token, self._key_set(_FRESH_S), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(id_token, self._key_set(_KEYS_AGAIN_S), algorithms=_ALGORITHMS)

    def _key_set(self, age_s_max: float) -> jwk.KeySet:
        with self._lock:
            keys = self._keys
        if keys is not None and self._now_s() - keys[0] < age_s_max:
            return keys[1]
        document: Any = self._ask("GET", _text_of(self._discover(), "jwks_uri"))
        fresh = jwk.KeySet.import_key_set(document)
        with self._lock:
            self._keys = (self._now_s(), fresh)
        return fresh

    def _with_user_info(self, claims: Mapping[str, Any], access_token: str) -> Mapping[str, Any]:
        endpoint = self._discover().get("userinfo_endpoint")
        if not endpoint:
            return claims
        told = self._ask("GET", str(endpoint), headers={"authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims.get("sub"):
            raise OidcRefusal("failed", "the provider's user info is of somebody else")
        return {**told, **claims}

    def _ask(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        try:
            answer = self._client.request(
                method, url, data=data, headers={"accept": "application/json", **(headers or {})}
            )
        except httpx2.HTTPError as error:
            raise OidcRefusal("provider_down", f"{url}: {error}") from error
        if answer.status_code != 200 or len(answer.content) > _ANSWER_BYTES_MAX:
            raise OidcRefusal("failed", f"{url} answers {answer.status_code}")
        try:
            document = orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise OidcRefusal("failed", f"{url} answers no JSON") from error
        if not isinstance(document, dict):
            raise OidcRefusal("failed", f"{url} answers no JSON object")
        return document


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _text_of(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise OidcRefusal("failed", f"the provider tells no {name}")
    return value
