"""What amounts, rates and counts does a column of text say? Read by their digits, never through a float."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import get_currency_precision

from data.connectors.texts import Mask, Parsed, Texts, faults_of, filled, mask_of, without
from models.orders import MAX_MINOR
from models.stock.kinds import MAX_PIECES

_NUMBER = r"^-?(\d+(\.\d*)?|\.\d+)$"


@cache
def decimals_of(currency: str) -> int:
    """Say how many decimals a currency has.

    >>> decimals_of("CNY"), decimals_of("JPY"), decimals_of("VND")
    (2, 0, 0)
    """
    return int(get_currency_precision(currency))


def money(texts: Texts, *, decimals: npt.NDArray[np.int64] | int, unsigned: bool = False) -> Parsed:
    """Read amounts into minor units by their digits; ``decimals`` is the currency's, per row or for all.

    ``unsigned`` takes the sign off; otherwise a negative amount is a fault.

    >>> from data.connectors.texts import as_texts
    >>> money(as_texts(["12.3", "￥1,234.56", "0元", "1.005", "x"]), decimals=2).values.to_pylist()
    [1230, 123456, 0, None, None]
    """
    plain = pc.match_substring_regex(texts, _NUMBER)
    if not pc.all(pc.fill_null(plain, True)).as_py():
        texts = _plain_number(texts)
        plain = pc.match_substring_regex(texts, _NUMBER)
    wrong = filled(texts) & ~mask_of(plain)
    number = without(texts, wrong)
    excess = _excess_decimals(number, decimals=decimals)
    if excess.any():
        number = pc.replace_substring_regex(number, r"(\.\d*?)0+$", r"\1")
        excess = _excess_decimals(number, decimals=decimals)
        number = without(number, excess)
    large = mask_of(pc.match_substring_regex(number, r"^-?0*[1-9]\d{14,}"))
    minor = _digits_to_minor(without(number, large), decimals=decimals)
    over = mask_of(pc.greater(pc.abs(minor), MAX_MINOR))
    negative = np.zeros(len(over), dtype=bool) if unsigned else mask_of(pc.less(minor, 0))
    faults = faults_of(not_an_amount=wrong, too_many_decimals=excess, amount_too_large=large | over, negative=negative & ~over)
    return Parsed(pc.abs(without(minor, over | negative)), faults)


def signed_money(texts: Texts, *, decimals: npt.NDArray[np.int64] | int) -> Parsed:
    """Read amounts into minor units with the sign they are written with.

    >>> from data.connectors.texts import as_texts
    >>> signed_money(as_texts(["-35.80", "+1,234.56", "￥-2", "-0.001"]), decimals=2).values.to_pylist()
    [-3580, 123456, -200, None]
    """
    below = mask_of(pc.match_substring_regex(texts, r"^[\s¥￥$]*-"))
    parsed = money(texts, decimals=decimals, unsigned=True)
    if not below.any():
        return parsed
    return Parsed(pc.if_else(pa.array(below), pc.negate(parsed.values), parsed.values), parsed.faults, parsed.notices)


def major(minor: int, *, decimals: int) -> str:
    """Write minor units as an amount.

    >>> major(-123456, decimals=2), major(5, decimals=2), major(120, decimals=0)
    ('-1234.56', '0.05', '120')
    """
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return ("-" if minor < 0 else "") + whole + ("." + rest if rest else "")


def count(texts: Texts) -> Parsed:
    """Read whole numbers; ``2.0`` and ``2.0000`` are 2, ``2.5`` is a fault, a negative one too.

    >>> from data.connectors.texts import as_texts
    >>> count(as_texts(["3", "2.0000", "2.5", "-1"])).values.to_pylist()
    [3, 2, None, None]
    """
    values = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), r"^(-?\d+)\.0+$", r"\1")
    negative = mask_of(pc.match_substring_regex(values, r"^-\d+$"))
    whole = mask_of(pc.match_substring_regex(values, r"^\d{1,9}$"))
    wrong = filled(values) & ~whole & ~negative
    return Parsed(pc.cast(without(values, wrong | negative), pa.int64()), faults_of(not_a_count=wrong, negative=negative))


def pieces(texts: Texts, *, signed: bool = False) -> Parsed:
    """Read pieces of stock: whole numbers up to ``MAX_PIECES``; below zero only where ``signed``.

    >>> from data.connectors.texts import as_texts
    >>> pieces(as_texts(["3", "1,200", "2.0000", "2.5", "-1", "99999999999"])).values.to_pylist()
    [3, 1200, 2, None, None, None]
    >>> pieces(as_texts(["-1", "+4"]), signed=True).values.to_pylist()
    [-1, 4]
    """
    values = pc.replace_substring_regex(_plain_number(pc.utf8_trim_whitespace(texts)), r"^\+?(-?\d+)\.0*$", r"\1")
    whole = mask_of(pc.match_substring_regex(values, r"^-?\d+$"))
    wrong = filled(values) & ~whole
    large = whole & mask_of(pc.match_substring_regex(values, r"^-?0*[1-9]\d{8,}$"))
    number = pc.cast(without(values, wrong | large), pa.int64())
    large |= mask_of(pc.greater(pc.abs(number), MAX_PIECES))
    negative = mask_of(pc.less(number, 0)) & (not signed)
    faults = faults_of(not_a_count=wrong, quantity_too_large=large, negative=negative & ~large)
    return Parsed(without(number, large | negative), faults)


def rate(texts: Texts) -> Parsed:
    """Read exchange rates as plain decimal text above zero."""
    good = mask_of(pc.match_substring_regex(texts, r"^\d{1,9}(\.\d{1,10}0*)?$")) & ~mask_of(pc.match_substring_regex(texts, r"^[0.]+$"))
    return Parsed(without(texts, ~good), faults_of(not_an_amount=filled(texts) & ~good))


def number(texts: Texts) -> Parsed:
    """Read plain decimal numbers, kept as text."""
    good = mask_of(pc.match_substring_regex(texts, _NUMBER))
    return Parsed(without(texts, ~good), faults_of(not_an_amount=filled(texts) & ~good))


def _plain_number(texts: Texts) -> Texts:
    stripped = pc.replace_substring_regex(texts, r"[\s ]|^[¥￥$]|^(CNY|RMB)|元$", "")
    stripped = pc.replace_substring_regex(stripped, r"^(-?)[¥￥$]|^\+", r"\1")
    grouped = mask_of(pc.match_substring_regex(stripped, r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"))
    if not grouped.any():
        return stripped
    return pc.if_else(pa.array(grouped), pc.replace_substring(stripped, ",", ""), stripped)


def _decimals(number: Texts) -> pa.Array:
    point = pc.find_substring(number, ".")
    after = pc.subtract(pc.subtract(pc.binary_length(number), point), 1)
    return pc.cast(pc.if_else(pc.less(point, 0), 0, after), pa.int64())


def _excess_decimals(number: Texts, *, decimals: npt.NDArray[np.int64] | int) -> Mask:
    allowed = decimals if isinstance(decimals, int) else pa.array(decimals)
    return mask_of(pc.greater(_decimals(number), allowed))


def _digits_to_minor(number: Texts, *, decimals: npt.NDArray[np.int64] | int) -> pa.Array:
    given = _decimals(number)
    digits = pc.cast(pc.replace_substring(number, ".", ""), pa.int64())
    missing = pc.subtract(decimals if isinstance(decimals, int) else pa.array(decimals), given)
    return pc.multiply(digits, pc.power(pa.scalar(10, pa.int64()), missing))
