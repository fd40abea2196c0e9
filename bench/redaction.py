"""What redaction costs: `python -m bench.redaction` prints microseconds a span.

The requests are those of the benchmark of the whole server, five-span RAG traces of about 1.9 KB a span, with
nothing to find in them; and the same with an e-mail address in one span of five.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from bench.normalize import best_of
from bench.payload import make_pool
from spanglass_server.model.redaction import DetectorRule, PatternRule, RedactionPolicy
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.redaction import DEFAULT_POLICY, KINDS, Redactor, Tally
from spanglass_server.wire.otlp import decode_traces
from spanglass_server.wire.records import SpanRecord

ALL = RedactionPolicy(detectors=tuple(DetectorRule(kind, "mask") for kind in KINDS))
OWN = tuple(PatternRule(f"own_{index}", rf"CUST{index}-\d{{6}}", "mask") for index in range(20))
PERSONAL = ("email", "phone", "payment_card", "kr_resident_number")
POLICIES = {
    "off": RedactionPolicy(),
    "default (keys and tokens)": DEFAULT_POLICY,
    "e-mail, phone, card, Korean number": RedactionPolicy(
        detectors=tuple(DetectorRule(kind, "mask") for kind in PERSONAL)
    ),
    "everything": ALL,
    "everything and 20 own patterns": ALL._replace(patterns=OWN),
    "everything, hashed": RedactionPolicy(detectors=tuple(DetectorRule(kind, "hash") for kind in KINDS)),
}


class Requests:
    def __init__(self, count: int, *, is_leaky: bool) -> None:
        rng = np.random.default_rng(1)
        self.bodies: list[bytes] = []
        for template in make_pool(requests=count, traces_per_request=100):
            starts = np.full(template.traces, 1_790_000_000_000_000_000, dtype=np.int64)
            self.bodies.append(template.stamp(rng, starts)[0])
        self.records: list[list[SpanRecord]] = [decode_traces(body).records for body in self.bodies]
        if is_leaky:
            self._leak()
        self.spans = sum(map(len, self.records))

    def _leak(self) -> None:
        """An address in the first text attribute of every fifth span, and in its body."""
        for at, records in enumerate(self.records):
            self.records[at] = [
                _with_address(record) if index % 5 == 0 else record for index, record in enumerate(records)
            ]
            self.bodies[at] += b" kim@firma.co.kr"

    def redact(self, redactor: Redactor) -> None:
        tally = Tally()
        for body, records in zip(self.bodies, self.records, strict=True):
            redactor.spans(records, body, tally)


def _with_address(record: SpanRecord) -> SpanRecord:
    key, text = next((key, value) for key, value in record.attributes.items() if isinstance(value, str))
    return record._replace(attributes={**record.attributes, key: f"{text} kim@firma.co.kr"})


def report(requests: Requests, title: str, rounds: int) -> None:
    print(f"{title}, {requests.spans} spans")
    for name, policy in POLICIES.items():
        redactor = Redactor(policy, b"0" * 32)
        seconds = best_of(rounds, lambda redactor=redactor: requests.redact(redactor))  # type: ignore[misc]
        print(f"  {name:<38} {seconds * 1e6 / requests.spans:6.1f} us a span")


def report_around(requests: Requests, rounds: int) -> None:
    """What the rest of it takes, and leaving inputs and outputs out."""
    each, prices = 1e6 / requests.spans, PriceBook()
    decoding = best_of(rounds, lambda: [decode_traces(body) for body in requests.bodies])
    spans: Sequence[list[object]] = []

    def normalize() -> None:
        nonlocal spans
        spans = [
            normalize_spans(records, project_id="p", prices=prices, version=1)  # type: ignore[misc]
            for records in requests.records
        ]

    normalizing = best_of(rounds, normalize)
    silent = Redactor(RedactionPolicy(stores_content=False), b"")
    stripping = best_of(rounds, lambda: [silent.strip(of_request) for of_request in spans])  # type: ignore[arg-type]
    print(f"decoding {decoding * each:.1f} us, normalizing {normalizing * each:.1f} us")
    print(f"leaving inputs and outputs out {stripping * each:.1f} us")


def report_hostile() -> None:
    """Texts made to take long: linear, whatever they are."""
    values = Redactor(ALL, b"0" * 32).values
    for name, text in (
        ("digits", "1" * 1_000_000),
        ("almost cards", "4111 1111 1111 1112 " * 50_000),
        ("almost addresses", "a.b-" * 250_000 + "@"),
        ("dots", "1.1." * 250_000),
        ("words before a secret", "password is " * 80_000),
        ("brackets", "[" * 1_000_000),
        ("quotes", '{"a":"' * 160_000),
    ):
        seconds = best_of(1, lambda text=text: values.text(text, "input", "", Tally()))  # type: ignore[misc]
        print(f"  1 MB of {name:<24} {seconds * 1000:8.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    quiet = Requests(options.requests, is_leaky=False)
    report_around(quiet, options.rounds)
    report(quiet, "nothing to find", options.rounds)
    report(Requests(options.requests, is_leaky=True), "an address in one span of five", options.rounds)
    report_hostile()


if __name__ == "__main__":
    main()
