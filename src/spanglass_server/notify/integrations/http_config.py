"""Alertmanager's `http_config`, as far as it is supported."""

from typing import Final

from spanglass_server.notify.egress import HttpOptions
from spanglass_server.notify.integrations.base import Sources, read_secret
from spanglass_server.notify.yaml_section import Section

_UNSUPPORTED: Final = {
    "oauth2": "use `authorization` with credentials that live long enough",
    "proxy_url": "connections go straight to the target",
    "proxy_from_environment": "connections go straight to the target",
    "no_proxy": "connections go straight to the target",
    "proxy_connect_header": "connections go straight to the target",
    "enable_http2": "requests are HTTP/1.1",
    "bearer_token": "use `authorization: {credentials: ...}`",
    "bearer_token_file": "use `authorization: {credentials_file: ...}`",
}
_UNSUPPORTED_TLS: Final = dict.fromkeys(
    ("cert", "key", "cert_file", "key_file", "min_version", "max_version", "ca"),
    "client certificates are not supported",
)


def parse_http_config(parent: Section, default: HttpOptions, sources: Sources) -> HttpOptions:
    """The parent's `http_config`, else the default."""
    section = parent.section("http_config")
    if section is None:
        return default
    scheme, username, secret = "", "", None
    if (authorization := section.section("authorization")) is not None:
        scheme = authorization.text("type", "Bearer")
        secret = read_secret(authorization, "credentials", sources)
        if scheme.lower() == "basic":
            authorization.fail("`type: Basic` is written as `basic_auth`", key="type")
        authorization.finish()
    if (basic := section.section("basic_auth")) is not None:
        if secret is not None:
            basic.fail("`authorization` and `basic_auth` exclude each other")
        username = basic.required_text("username")
        secret = read_secret(basic, "password", sources)
        basic.finish(unsupported={"username_file": "write the name as `username`"})
    ca_file, server_name, is_unverified = parse_tls_config(section, sources)
    options = HttpOptions(
        authorization=scheme,
        username=username,
        secret=secret,
        follows_redirects=section.boolean("follow_redirects", default=True),
        ca_file=ca_file,
        server_name=server_name,
        is_unverified=is_unverified,
    )
    section.finish(unsupported=_UNSUPPORTED)
    return options


def parse_tls_config(parent: Section, sources: Sources) -> tuple[str, str, bool]:
    """(CA file, server name, whether nothing is verified) of the parent's `tls_config`."""
    section = parent.section("tls_config")
    if section is None:
        return "", "", False
    ca_file = section.text("ca_file")
    if ca_file and sources.directory is None:
        section.fail("`ca_file` may stand only in the server's own configuration file", key="ca_file")
    if ca_file and sources.directory is not None:
        ca_file = str(sources.directory / ca_file)
    found = ca_file, section.text("server_name"), section.boolean("insecure_skip_verify", default=False)
    section.finish(unsupported=_UNSUPPORTED_TLS)
    return found
