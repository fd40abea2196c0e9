"""Secrets: keys, tokens and passwords, by the forms that their issuers gave them, and by what is written
before them."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from spanglass.evaluators.sensitive.findings import Detector, Detectors, Finding
from spanglass.evaluators.sensitive.forms import ALPHANUMERIC, if_true

GENERIC_CHARS_MIN = 12
ENTROPY_MIN = 3.0
"""Bits a character, of what only its name makes a secret: words of a language have fewer, or separators."""
PREFIXED_ENTROPY_MIN = 2.5
"""Of what has an issuer's form: `sk-xxxxxxxx` has less."""
_PLACEHOLDERS = ("example", "your", "xxxx", "placeholder", "changeme", "dummy", "redacted", "****")
_NAMED_PLACEHOLDERS = frozenset(
    {"pass", "password", "passwd", "pwd", "secret", "token", "authtoken", "apikey"}
)
"""What stands for a password in the documentation of an address."""
_PARTS = re.compile(r"[_.\-/]")


def entropy(value: str) -> float:
    """Shannon's, bits a character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())


def _is_random(value: str) -> bool:
    """No placeholder of documentation."""
    return entropy(value) >= PREFIXED_ENTROPY_MIN and not _is_placeholder(value)


def _is_placeholder(value: str) -> bool:
    lowered = value.lower()
    return any(word in lowered for word in _PLACEHOLDERS)


def _is_url_password(value: str) -> bool:
    is_named = value.lower() in _NAMED_PLACEHOLDERS
    return not (is_named or _is_placeholder(value) or value[:1] in "{$<%[*")


def _is_generic_secret(value: str) -> bool:
    """Letters and digits mixed: `max_output_tokens_2048` is a name, not a secret."""
    if len(value) < GENERIC_CHARS_MIN or entropy(value) < ENTROPY_MIN or _is_placeholder(value):
        return False
    return any(_is_mixed(part) for part in _PARTS.split(value))


def _is_mixed(part: str) -> bool:
    return sum(map(str.isdigit, part)) >= 2 and any(map(str.isalpha, part)) and len(part) >= 6


_KEY_CHARS_MAX = 10_000
_KEY_END = re.compile(r"-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=\s\\]*")


def _end_of_key(text: str, end: int) -> int:
    """After its last line; of a key that was cut off, after what looks like one."""
    limit = end + _KEY_CHARS_MAX
    found = _KEY_END.search(text, end, limit) or _KEY_BODY.match(text, end, limit)
    return end if found is None else found.end()


_RANDOM = if_true(_is_random)
_INNER = ALPHANUMERIC | frozenset("_-")
NAMES_OF_SECRETS = (
    r"api[_ \-]?key|secret(?:[_ \-]?key)?|access[_ \-]?key|auth[_ \-]?token|token|passw(?:or)?d|passwd|pwd|"
    r"passphrase|credential|비밀번호|패스워드|암호|토큰|시크릿|인증키"
)
"""Alternatives of a pattern: what a generic secret is called."""

DETECTORS: tuple[Detector, ...] = (
    Detector("aws_access_key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", _RANDOM, inner=_INNER),
    Detector(
        "aws_secret_key",
        r"(?i:aws.{0,30}?secret.{0,30}?)[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})",
        _RANDOM,
        inner=ALPHANUMERIC | frozenset("/+="),
    ),
    Detector(
        "github_token",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector("gitlab_token", r"gl(?:pat|ptt|rt|dt)-[A-Za-z0-9_\-]{20,}", _RANDOM),
    Detector(
        "openai_key",
        r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_\-]{20,}|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"
        r"|sk-[A-Za-z0-9]{48}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector("anthropic_key", r"sk-ant-[A-Za-z0-9]{2,10}-[A-Za-z0-9_\-]{20,}", _RANDOM, inner=_INNER),
    Detector("openrouter_key", r"sk-or-v1-[0-9a-f]{64}", _RANDOM, inner=_INNER),
    Detector(
        "google_key",
        r"AIza[0-9A-Za-z_\-]{35}|GOCSPX-[0-9A-Za-z_\-]{28}|ya29\.[0-9A-Za-z_\-]{20,}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector(
        "slack_token",
        r"xox[abeoprs]-[0-9A-Za-z\-]{10,}|xapp-[0-9]-[0-9A-Za-z\-]{10,}"
        r"|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector(
        "stripe_key",
        r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{10,}|whsec_[0-9A-Za-z]{20,}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector("huggingface_token", r"hf_[A-Za-z0-9]{34,40}", _RANDOM, inner=_INNER),
    Detector("npm_token", r"npm_[A-Za-z0-9]{36}", _RANDOM, inner=_INNER),
    Detector("pypi_token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\-]{50,}", _RANDOM),
    Detector("sendgrid_key", r"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}", _RANDOM, inner=_INNER),
    Detector("twilio_key", r"SK[0-9a-f]{32}", _RANDOM, inner=_INNER),
    Detector("telegram_token", r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}", _RANDOM, inner=_INNER),
    Detector("azure_key", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{43,86}={1,2})", _RANDOM),
    Detector("langfuse_key", r"sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", _RANDOM),
    Detector("spanglass_key", r"sk-sg-[A-Za-z0-9_\-]{16,}", _RANDOM),
    Detector(
        "private_key",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        extend=_end_of_key,
    ),
    Detector(
        "jwt",
        r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}",
        _RANDOM,
        inner=_INNER,
    ),
    Detector(
        "url_password",
        r"[a-z][a-z0-9+.\-]{1,20}://[^\s:@/\"'<>]{1,100}:([^\s@/\"'<>]{4,200})@",
        if_true(_is_url_password),
    ),
    Detector(
        "generic_secret",
        rf"(?i:(?:{NAMES_OF_SECRETS})[\"'`]?(?:\s{{0,3}}(?:=>|=|:)|는|은|가|이| is){{1,2}}\s{{0,3}})[\"'`]?"
        r"([A-Za-z0-9+/=_.~!@#$%^&*\-]{12,200})",
        if_true(_is_generic_secret),
        inner=ALPHANUMERIC,
    ),
)
SECRET_KINDS: tuple[str, ...] = tuple(dict.fromkeys(detector.kind for detector in DETECTORS))


def find_secrets(text: str, kinds: Iterable[str] | None = None) -> list[Finding]:
    """Secrets of these kinds (all by default), in order of place, without overlaps."""
    return _detectors().find(text, kinds)


@lru_cache(maxsize=1)
def _detectors() -> Detectors:
    return Detectors(DETECTORS)
