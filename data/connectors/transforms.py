"""What does a column of text say, as ids, amounts, counts and times?

Every transform takes a column of text and gives a ``Parsed``: the values, missing where the cell is empty or bad, and one
mask per fault. Whole columns at a time; nothing passes through a float.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias
from zoneinfo import available_timezones

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import get_currency_precision

from models.orders import MAX_MINOR

Mask = npt.NDArray[np.bool_]
Texts: TypeAlias = pa.Array  # large_string
TIMESTAMP = pa.timestamp("us")
NEVER = int(np.iinfo(np.int64).min)  # numpy's NaT

# A year below this is an empty marker (0001-01-01, 1970-01-01), not a time that any source can mean.
FIRST_SECOND = pd.Timestamp("1990-01-01")
# Tried on what the plain form 2026-01-31 08:00:00 does not read.
OTHER_TIME_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y%m%d%H%M%S",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y%m%d",
)
_PLAIN_TIME = r"^(199\d|[2-9]\d{3})-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?$"
_OFFSET_TIME = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)? ?(Z|[+-]\d\d:?\d\d)$"
_EMPTY_TIME = r"^(0|0000-00-00.*|0001-01-01.*|1970-01-01.*|1899-12-3\d.*)$"
_NUMBER = r"^-?(\d+(\.\d*)?|\.\d+)$"


@dataclass(frozen=True)
class Parsed:
    """A column's values and, per fault code, the rows that have it; ``notices`` count what was read with a liberty."""

    values: pa.Array
    faults: dict[str, Mask] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)


def as_texts(column: object) -> Texts:
    """Give a column of text as one Arrow array of large strings, missing where empty.

    >>> as_texts(["a", "", None]).to_pylist()
    ['a', None, None]
    """
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    empty = pc.equal(array, "")
    return pc.if_else(empty, None, array) if pc.any(empty).as_py() else array


def mask_of(condition: pa.Array) -> Mask:
    """Give an Arrow condition as a numpy mask; missing counts as false."""
    filled = pc.fill_null(condition, False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)


def filled(texts: Texts) -> Mask:
    """Say which cells are not missing."""
    return mask_of(texts.is_valid())


def by_unique(texts: Texts, judge: Callable[[str], str | None]) -> Texts:
    """Apply a function of one text to a column, once per distinct value.

    >>> by_unique(as_texts(["a", "b", None, "a"]), str.upper).to_pylist()
    ['A', 'B', None, 'A']
    """
    encoded = pc.dictionary_encode(texts)
    answers = pa.array([judge(word) for word in encoded.dictionary.to_pylist()], pa.large_string())
    return answers.take(encoded.indices)


def text(texts: Texts) -> Parsed:
    """Strip a text; a NUL character is a fault, for Postgres cannot store it."""
    values = pc.utf8_trim_whitespace(texts)
    nul = mask_of(pc.match_substring(values, "\0"))
    return Parsed(_without(values, nul), _faults(control_character=nul))


def identifier(texts: Texts) -> Parsed:
    """Read an id: a ``.0`` left by a spreadsheet is repaired, an exponent cannot be.

    >>> identifier(as_texts(["35153131473293579", "10160070484512.0", "2.026E+27"])).values.to_pylist()
    ['35153131473293579', '10160070484512', None]
    """
    values = pc.utf8_trim_whitespace(texts)
    plain = pc.match_substring_regex(values, r"^[A-Za-z0-9_#-]{1,64}$")
    if pc.all(pc.fill_null(plain, True)).as_py():
        return Parsed(values)
    repaired = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    repairs = int(pc.sum(pc.fill_null(pc.not_equal(repaired, values), False)).as_py() or 0)
    damaged = mask_of(pc.match_substring_regex(repaired, r"^\d+(\.\d+)?[eE]\+\d+$|^\d+\.\d+[eE]\d+$"))
    odd = mask_of(pc.match_substring_regex(repaired, r"[\x00-\x1f\x7f]"))
    long = mask_of(pc.greater(pc.utf8_length(repaired), 64))
    bad = (odd | long) & ~damaged
    notices = {"repaired_id": repairs} if repairs else {}
    return Parsed(_without(repaired, damaged | bad), _faults(damaged_id=damaged, bad_id=bad), notices)


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

    >>> money(as_texts(["12.3", "￥1,234.56", "0元", "1.005", "x"]), decimals=2).values.to_pylist()
    [1230, 123456, 0, None, None]
    """
    plain = pc.match_substring_regex(texts, _NUMBER)
    if not pc.all(pc.fill_null(plain, True)).as_py():
        texts = _plain_number(texts)
        plain = pc.match_substring_regex(texts, _NUMBER)
    wrong = filled(texts) & ~mask_of(plain)
    number = _without(texts, wrong)
    excess = _excess_decimals(number, decimals=decimals)
    if excess.any():
        number = pc.replace_substring_regex(number, r"(\.\d*?)0+$", r"\1")
        excess = _excess_decimals(number, decimals=decimals)
        number = _without(number, excess)
    large = mask_of(pc.match_substring_regex(number, r"^-?0*[1-9]\d{14,}"))
    minor = _digits_to_minor(_without(number, large), decimals=decimals)
    over = mask_of(pc.greater(pc.abs(minor), MAX_MINOR))
    negative = np.zeros(len(over), dtype=bool) if unsigned else mask_of(pc.less(minor, 0))
    faults = _faults(not_an_amount=wrong, too_many_decimals=excess, amount_too_large=large | over, negative=negative & ~over)
    return Parsed(pc.abs(_without(minor, over | negative)), faults)


def count(texts: Texts) -> Parsed:
    """Read whole numbers; ``2.0`` and ``2.0000`` are 2, ``2.5`` is a fault, a negative one too.

    >>> count(as_texts(["3", "2.0000", "2.5", "-1"])).values.to_pylist()
    [3, 2, None, None]
    """
    values = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), r"^(-?\d+)\.0+$", r"\1")
    negative = mask_of(pc.match_substring_regex(values, r"^-\d+$"))
    whole = mask_of(pc.match_substring_regex(values, r"^\d{1,9}$"))
    wrong = filled(values) & ~whole & ~negative
    return Parsed(pc.cast(_without(values, wrong | negative), pa.int64()), _faults(not_a_count=wrong, negative=negative))


def time(texts: Texts, *, zone: str) -> Parsed:
    """Read times into UTC; a text with an offset keeps it, one without is local time of ``zone``.

    An ambiguous local time is the earlier instant, a non-existent one moves forward (design decision 9); both are notices.

    >>> time(as_texts(["2026-01-31 08:00:00", "2026-01-31T08:00:00-05:00", "昨天"]), zone="Asia/Shanghai").values.cast("string").to_pylist()
    ['2026-01-31 00:00:00.000000Z', '2026-01-31 13:00:00.000000Z', None]
    """
    plain = pc.match_substring_regex(texts, _PLAIN_TIME)
    if pc.all(pc.fill_null(plain, True)).as_py():
        local = _cast_times(texts)
        if local is not None:
            return _localised(local, zone=zone)
    return _any_time(texts, zone=zone)


def time_by_zone(texts: Texts, *, zones: Texts) -> Parsed:
    """Read times where each row has a zone of its own."""
    values = pa.nulls(len(texts), pa.timestamp("us", "UTC"))
    faults: dict[str, Mask] = {}
    notices: Counter[str] = Counter()
    for zone in pc.unique(zones).drop_null().to_pylist():
        here = pc.fill_null(pc.equal(zones, zone), False)
        parsed = time(pc.if_else(here, texts, None), zone=zone)
        values = pc.if_else(here, parsed.values, values)
        notices.update(parsed.notices)
        for code, mask in parsed.faults.items():
            faults[code] = faults.get(code, np.zeros(len(texts), dtype=bool)) | mask
    return Parsed(values, faults, dict(notices))


def unix_seconds(texts: Texts) -> Parsed:
    """Read unix seconds (or milliseconds, told by their length) as UTC instants; 0 is empty."""
    values = pc.utf8_trim_whitespace(texts)
    values = _without(values, mask_of(pc.match_substring_regex(values, r"^0+(\.0+)?$")))
    seconds = mask_of(pc.match_substring_regex(values, r"^\d{9,10}$"))
    millis = mask_of(pc.match_substring_regex(values, r"^\d{12,13}$"))
    wrong = filled(values) & ~seconds & ~millis
    number = pc.cast(_without(values, wrong), pa.int64())
    micros = pc.multiply(number, pa.array(np.where(millis, 1_000, 1_000_000), pa.int64()))
    return Parsed(pc.cast(micros, pa.timestamp("us", "UTC")), _faults(not_a_time=wrong))


def currency(texts: Texts) -> Parsed:
    """Read ISO currency codes.

    >>> currency(as_texts(["usd", "人民币", "US$"])).values.to_pylist()
    ['USD', 'CNY', None]
    """
    codes = by_unique(texts, lambda word: {"人民币": "CNY", "RMB": "CNY"}.get(word.strip().upper(), word.strip().upper()))
    good = mask_of(pc.match_substring_regex(codes, "^[A-Z]{3}$"))
    return Parsed(_without(codes, ~good), _faults(not_a_currency=filled(texts) & ~good))


def zone_name(texts: Texts) -> Parsed:
    """Read IANA time zone names."""
    known = by_unique(pc.utf8_trim_whitespace(texts), lambda word: word if word in available_timezones() else None)
    return Parsed(known, _faults(not_a_zone=filled(texts) & ~filled(known)))


def day(texts: Texts) -> Parsed:
    """Read days as ``2026-01-31``; a time of day is cut off.

    >>> day(as_texts(["2026-01-31", "2026/1/5 00:00:00", "soon"])).values.to_pylist()
    ['2026-01-31', '2026-01-05', None]
    """
    parsed = time(texts, zone="UTC")
    return Parsed(pc.cast(pc.strftime(parsed.values, format="%Y-%m-%d"), pa.large_string()), parsed.faults)


def rate(texts: Texts) -> Parsed:
    """Read exchange rates as plain decimal text above zero."""
    good = mask_of(pc.match_substring_regex(texts, r"^\d{1,9}(\.\d{1,10}0*)?$")) & ~mask_of(pc.match_substring_regex(texts, r"^[0.]+$"))
    return Parsed(_without(texts, ~good), _faults(not_an_amount=filled(texts) & ~good))


def number(texts: Texts) -> Parsed:
    """Read plain decimal numbers, kept as text."""
    good = mask_of(pc.match_substring_regex(texts, _NUMBER))
    return Parsed(_without(texts, ~good), _faults(not_an_amount=filled(texts) & ~good))


def waybill_of_pair(texts: Texts) -> Parsed:
    """Read the waybill of Douyin's ``SF123-顺丰速运``.

    >>> waybill_of_pair(as_texts(["SF123-顺丰速运", "SF123"])).values.to_pylist()
    ['SF123', 'SF123']
    """
    return identifier(pc.replace_substring_regex(texts, r"^([A-Za-z0-9]+)-[^A-Za-z0-9].*$", r"\1"))


def first_match(pattern: str, text_line: str) -> str | None:
    """Give the first group of a pattern found in a line."""
    found = re.search(pattern, text_line)
    return found[1] if found else None


def micros_of(times: pa.Array) -> npt.NDArray[np.int64]:
    """Give instants as microseconds since 1970, numpy's NaT where missing."""
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NEVER).to_numpy(zero_copy_only=False), dtype=np.int64)


def instants_of(micros: npt.NDArray[np.int64]) -> pa.Array:
    """Give microseconds since 1970 as UTC instants, missing where NaT."""
    return pa.array(micros, mask=micros == NEVER).cast(pa.timestamp("us", "UTC"))


def _without(values: pa.Array, bad: Mask) -> pa.Array:
    return pc.if_else(pa.array(bad), None, values) if bad.any() else values


def _faults(**masks: Mask) -> dict[str, Mask]:
    return {code: mask for code, mask in masks.items() if mask.any()}


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


def _cast_times(texts: Texts) -> pa.Array | None:
    try:
        return pc.cast(texts, TIMESTAMP)
    except pa.ArrowInvalid:  # 2026-02-30 has the form of a time
        return None


def _localised(local: pa.Array, *, zone: str) -> Parsed:
    naive = pd.Series(local.to_pandas())
    if naive.isna().all():
        return Parsed(pa.nulls(len(local), pa.timestamp("us", "UTC")))
    earlier = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="shift_forward")
    later = naive.dt.tz_localize(zone, ambiguous=np.zeros(len(naive), dtype=bool), nonexistent="shift_forward")
    notices = {
        "ambiguous_time": int((earlier != later)[naive.notna()].sum()),
        "nonexistent_time": int((earlier.dt.tz_localize(None) != naive)[naive.notna()].sum()),
    }
    utc = pa.array(earlier.dt.tz_convert("UTC"), pa.timestamp("us", "UTC"))
    return Parsed(utc, notices={code: n for code, n in notices.items() if n})


def _any_time(texts: Texts, *, zone: str) -> Parsed:
    values = pc.utf8_trim_whitespace(texts)
    values = _without(values, mask_of(pc.match_substring_regex(values, _EMPTY_TIME)))
    with_offset = mask_of(pc.match_substring_regex(values, _OFFSET_TIME))
    series = pd.Series(values.to_pandas(), dtype="str")
    local = pd.to_datetime(series.where(~with_offset), format="%Y-%m-%d %H:%M:%S", errors="coerce").astype("datetime64[us]")
    for form in ("ISO8601", *OTHER_TIME_FORMATS):
        rest = series.notna() & local.isna() & ~with_offset
        if not rest.any():
            break
        if form == "ISO8601":
            rest &= series.str.fullmatch(_PLAIN_TIME).fillna(False).astype(bool)
        local[rest] = pd.to_datetime(series[rest], format=form, errors="coerce").astype("datetime64[us]")
    local = local.mask(local < FIRST_SECOND)
    localised = _localised(pa.array(local, TIMESTAMP), zone=zone)
    instants = pd.to_datetime(series.where(with_offset), format="ISO8601", utc=True, errors="coerce").astype("datetime64[us, UTC]")
    both = pc.coalesce(localised.values, pa.array(instants, pa.timestamp("us", "UTC")))
    wrong = filled(values) & ~filled(both)
    return Parsed(both, _faults(not_a_time=wrong), localised.notices)
