"""Recordings of real libraries, none of which tells of anybody: what is replaced in them is a false alarm."""

from collections import Counter

from tests.golden.recordings import CORPUS, NAMES, expectation
from tests.support.redaction import EVERYTHING, KEY

from spanglass_server.normalize.redaction import Redactor, Tally
from spanglass_server.wire.otlp import decode_traces

EXPECTED: Counter[str] = Counter()


def test_no_detector_raises_a_false_alarm_in_the_recordings() -> None:
    """Ids, hashes, prices, times, counts and versions are no cards, phones or keys."""
    redactor, tally = Redactor(EVERYTHING, KEY), Tally()
    spans = 0
    for name in NAMES:
        body, cut = (CORPUS / f"{name}.pb").read_bytes(), 0
        for part in expectation(name)["bodies"]:
            piece, cut = body[cut : cut + part["bytes"]], cut + part["bytes"]
            if part["path"] == "/v1/traces":
                records = decode_traces(piece).records
                spans += len(redactor.spans(records, piece, tally))
    assert spans > 250
    found: Counter[str] = Counter()
    for replaced, count in tally.counts.items():
        found[replaced.detector] += count
    assert found == EXPECTED
