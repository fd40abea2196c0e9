"""Numbers that states give to people, with their check digits. Those that are digits and nothing else count
only beside their name."""

from datetime import date

from spanglass.evaluators.sensitive.checksums import is_verhoeff, weigh
from spanglass.evaluators.sensitive.findings import Detector
from spanglass.evaluators.sensitive.forms import ALPHANUMERIC, digits_of, if_true

_RANDOM_SINCE = date(2020, 10, 5)
"""Resident registration numbers of South Korea given since then have no check digit."""


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_kr_resident_number(value: str) -> bool:
    """South Korea: YYMMDD-SNNNNNC, S for century, sex and nationality. A hyphenated one of somebody born
    since October 2020 needs no check digit."""
    digits = digits_of(value)
    sex = int(digits[6])
    century = 1900 if sex in (1, 2, 5, 6) else 2000
    born = _date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    if born is None:
        return False
    if "-" in value and born >= _RANDOM_SINCE:
        return True
    total = weigh(digits[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    return int(digits[12]) == ((13 if sex >= 5 else 11) - total % 11) % 10


def is_us_ssn(value: str) -> bool:
    area, group, serial = value.split("-")
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_fr_nir(value: str) -> bool:
    number = value.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return 1 <= int(number[3:5]) <= 12 and 97 - int(number[:13]) % 97 == int(number[13:])


def is_es_dni(value: str) -> bool:
    plain = value.replace("-", "")
    number = plain[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return plain[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


_IT_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)


def is_it_fiscal_code(value: str) -> bool:
    odd = sum(_IT_ODD[char] for char in value[:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - ord("A") for char in value[1:15:2])
    return value[15] == chr(ord("A") + (odd + even) % 26)


def is_br_cpf(value: str) -> bool:
    digits = digits_of(value)
    first = weigh(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weigh(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}" and len(set(digits)) > 1


def is_cn_resident_id(value: str) -> bool:
    born = _date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    total = weigh(value[:17], [2**place % 11 for place in range(17, 0, -1)])
    return born is not None and born.year >= 1900 and value[17].upper() == "10X98765432"[total % 11]


def is_sg_nric(value: str) -> bool:
    total = weigh(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if value[0] in "TG" else 0)
    return value[8] == ("JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def is_in_aadhaar(value: str) -> bool:
    return is_verhoeff(digits_of(value))


def is_jp_my_number(value: str) -> bool:
    digits = digits_of(value)
    rest = weigh(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def is_pl_pesel(value: str) -> bool:
    return (weigh(value[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) + int(value[10])) % 10 == 0


_UK_NINO = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"
_UK_UNUSED = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})


def is_uk_nino(value: str) -> bool:
    return value[:2] not in _UK_UNUSED


DETECTORS: tuple[Detector, ...] = (
    Detector(
        "kr_resident_number", r"\d{6}-?[1-8]\d{6}", if_true(is_kr_resident_number), inner=ALPHANUMERIC | {"-"}
    ),
    Detector(
        "kr_driver_license",
        r"(?:1[1-9]|2[0-8])-\d{2}-\d{6}-\d{2}",
        inner=ALPHANUMERIC | {"-"},
    ),
    Detector("kr_passport", r"여권\D{0,10}?([MSRODG](?:\d{8}|\d{3}[A-Z]\d{4}))", inner=ALPHANUMERIC),
    Detector("us_ssn", r"\d{3}-\d{2}-\d{4}", if_true(is_us_ssn), inner=ALPHANUMERIC | {"-"}),
    Detector("uk_nino", _UK_NINO, if_true(is_uk_nino), inner=ALPHANUMERIC),
    Detector(
        "fr_nir",
        r"[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        if_true(is_fr_nir),
        inner=ALPHANUMERIC,
    ),
    Detector("es_dni", r"(?:\d{8}|[XYZ]\d{7})-?[A-Z]", if_true(is_es_dni), inner=ALPHANUMERIC),
    Detector(
        "it_fiscal_code",
        r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
        if_true(is_it_fiscal_code),
        inner=ALPHANUMERIC,
    ),
    Detector("br_cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", if_true(is_br_cpf), inner=ALPHANUMERIC),
    Detector("cn_resident_id", r"[1-9]\d{16}[\dXx]", if_true(is_cn_resident_id), inner=ALPHANUMERIC),
    Detector("in_aadhaar", r"[2-9]\d{3} \d{4} \d{4}", if_true(is_in_aadhaar), inner=ALPHANUMERIC),
    Detector("sg_nric", r"[STFG]\d{7}[A-Z]", if_true(is_sg_nric), inner=ALPHANUMERIC),
    Detector(
        "jp_my_number",
        r"(?:マイナンバー|個人番号|(?i:my ?number))\D{0,10}(\d{4}[ \-]?\d{4}[ \-]?\d{4})",
        if_true(is_jp_my_number),
        inner=ALPHANUMERIC,
    ),
    Detector("pl_pesel", r"(?i:pesel)\D{0,10}(\d{11})", if_true(is_pl_pesel), inner=ALPHANUMERIC),
)
