"""An OpenID Connect provider over real HTTP, which signs in at once whoever it is told to."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt

CLIENT_ID = "spanglass"
CLIENT_SECRET = "a secret: with signs/&"


class OidcProviderServer:
    """`claims` is who signs in next; `changes` what is wrong with the id token or an answer."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {
            "sub": "1234",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada",
        }
        self.changes: dict[str, Any] = {}
        self.requests: list[str] = []
        self.rotate_keys()
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def rotate_keys(self) -> None:
        self.key = jwk.RSAKey.generate_key(2048, {"kid": f"key-{time.monotonic_ns()}", "use": "sig"})

    def authorize(self, url: str) -> str:
        """Where the browser is sent back to, after its person agreed."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str, body: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        self.requests.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.changes.get("issuer", self.issuer),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/me",
            }
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/me":
            return {**self.claims, **self.changes.get("user_info", {})}
        return self._redeem(body, headers) if path == "/token" else None

    def _redeem(self, body: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """Once: a code that was used is worth nothing."""
        asked = self._codes.pop(body["code"], None)
        given = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
        assert given == "spanglass:a%20secret%3A%20with%20signs%2F%26"
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"]:
            return None
        now = int(time.time())
        is_thin = self.changes.get("is_thin", False)
        claims = {
            **({"sub": self.claims["sub"]} if is_thin else self.claims),
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.changes.get("token", {}),
        }
        signed_by = self.changes.get("key", self.key)
        header = {"alg": "RS256", "kid": self.key.kid}
        token = self.changes.get("raw_token") or jwt.encode(header, claims, signed_by)
        return {"id_token": token, "access_token": "access", "token_type": "Bearer"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_of(provider: OidcProviderServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(text).items()})

        def _answer(self, body: Mapping[str, str]) -> None:
            found = provider.answer(
                urlsplit(self.path).path, body, {k.lower(): v for k, v in self.headers.items()}
            )
            content = json.dumps(found or {"error": "invalid"}).encode()
            self.send_response(200 if found else 400)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
