"""Check digits of cards, accounts and people's numbers."""

from collections.abc import Iterable

_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
    }.items()
    for country in countries.split()
}
"""SWIFT's IBAN registry."""

_VERHOEFF_PRODUCTS = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_VERHOEFF_PERMUTATIONS = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)


def weigh(digits: str, weights: Iterable[int]) -> int:
    """The sum of digits times weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[::-2]))) % 10 == 0 and len(set(digits)) > 1


def iban_length(country: str) -> int:
    """0 of a country that has no IBANs."""
    return _IBAN_LENGTHS.get(country, 0)


def is_iban(value: str) -> bool:
    """ISO 13616: without spaces."""
    moved = "".join(str(int(char, 36)) for char in value[4:] + value[:4])
    return len(value) == iban_length(value[:2]) and int(moved) % 97 == 1


def is_verhoeff(digits: str) -> bool:
    """Verhoeff 1969, as India's Aadhaar has it."""
    check = 0
    for at, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_PRODUCTS[check][int(_VERHOEFF_PERMUTATIONS[at % 8][int(digit)])])
    return check == 0
