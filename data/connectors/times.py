"""What times does a column of text say, in UTC?"""

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors.texts import Mask, Parsed, Texts, faults_of, filled, mask_of, without

Times = npt.NDArray[np.datetime64]  # of microseconds

TIMESTAMP = pa.timestamp("us")
UTC_TIMESTAMP = pa.timestamp("us", "UTC")
NEVER = int(np.iinfo(np.int64).min)  # numpy's NaT

# Outside these years stands an empty marker (0001-01-01, 9999-12-31) or a mistake, not a time that any source can mean.
FIRST_TIME, LAST_TIME = pd.Timestamp("1990-01-01"), pd.Timestamp("2100-01-01")
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
_PLAIN_TIME = r"^(199\d|20\d\d)-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?$"
_OFFSET_TIME = r"^(199\d|20\d\d)-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)? ?(Z|[+-]\d\d:?\d\d)$"
_FAR_TIME = r"^(2[1-9]\d\d|[3-9]\d{3})([-/.]\d\d?[-/.]\d\d?|年\d\d?月\d\d?日)($|[ T])"
_EMPTY_TIME = r"^(0|0000-00-00.*|0001-01-01.*|1970-01-01.*|1899-12-3\d.*|9999-12-31.*)$"


def time(texts: Texts, *, zone: str) -> Parsed:
    """Read times into UTC; a text with an offset keeps it, one without is local time of ``zone``.

    An ambiguous local time is the earlier instant, a non-existent one moves forward (design decision 9); both are notices.

    >>> from data.connectors.texts import as_texts
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
    values = pa.nulls(len(texts), UTC_TIMESTAMP)
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
    values = without(values, mask_of(pc.match_substring_regex(values, r"^0+(\.0+)?$")))
    seconds = mask_of(pc.match_substring_regex(values, r"^\d{9,10}$"))
    millis = mask_of(pc.match_substring_regex(values, r"^\d{12,13}$"))
    wrong = filled(values) & ~seconds & ~millis
    number = pc.cast(without(values, wrong), pa.int64())
    micros = pc.multiply(number, pa.array(np.where(millis, 1_000, 1_000_000), pa.int64()))
    return Parsed(pc.cast(micros, UTC_TIMESTAMP), faults_of(not_a_time=wrong))


def day(texts: Texts) -> Parsed:
    """Read days as ``2026-01-31``; a time of day is cut off.

    >>> from data.connectors.texts import as_texts
    >>> day(as_texts(["2026-01-31", "2026/1/5 00:00:00", "soon"])).values.to_pylist()
    ['2026-01-31', '2026-01-05', None]
    """
    parsed = time(texts, zone="UTC")
    return Parsed(pc.cast(pc.strftime(parsed.values, format="%Y-%m-%d"), pa.large_string()), parsed.faults)


def date_and_time(dates: Texts, clocks: Texts) -> Texts:
    """Join a day and a time of day; a clock that already has its day, or is missing, needs no joining.

    >>> from data.connectors.texts import as_texts
    >>> date_and_time(as_texts(["2026-06-01", "20260601", "2026-06-01"]), as_texts(["10:00:00", None, "2026-06-02 09:00:00"])).to_pylist()
    ['2026-06-01 10:00:00', '20260601', '2026-06-02 09:00:00']
    """
    days = pc.replace_substring_regex(dates, r"[ T]00:00:00$", "")
    clock_only = pc.fill_null(pc.match_substring_regex(clocks, r"^\d{1,2}:\d{2}(:\d{2})?$"), False)
    together = pc.binary_join_element_wise(days, clocks, pa.scalar(" ", pa.large_string()))
    return pc.if_else(clock_only, together, pc.coalesce(clocks, dates))


def micros_of(times: pa.Array) -> npt.NDArray[np.int64]:
    """Give instants as microseconds since 1970, numpy's NaT where missing."""
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NEVER).to_numpy(zero_copy_only=False), dtype=np.int64)


def instants_of(micros: npt.NDArray[np.int64]) -> pa.Array:
    """Give microseconds since 1970 as UTC instants, missing where NaT."""
    return pa.array(micros, mask=micros == NEVER).cast(UTC_TIMESTAMP)


def _cast_times(texts: Texts) -> pa.Array | None:
    try:
        return pc.cast(texts, TIMESTAMP)
    except pa.ArrowInvalid:  # 2026-02-30 has the form of a time
        return None


def _localised(local: pa.Array, *, zone: str) -> Parsed:
    naive = pd.Series(local.to_pandas())
    if naive.isna().all():
        return Parsed(pa.nulls(len(local), UTC_TIMESTAMP))
    earlier = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="shift_forward")
    later = naive.dt.tz_localize(zone, ambiguous=np.zeros(len(naive), dtype=bool), nonexistent="shift_forward")
    notices = {
        "ambiguous_time": int((earlier != later)[naive.notna()].sum()),
        "nonexistent_time": int((earlier.dt.tz_localize(None) != naive)[naive.notna()].sum()),
    }
    utc = pa.array(earlier.dt.tz_convert("UTC"), UTC_TIMESTAMP)
    return Parsed(utc, notices={code: n for code, n in notices.items() if n})


def _any_time(texts: Texts, *, zone: str) -> Parsed:
    values = pc.utf8_trim_whitespace(texts)
    values = without(values, mask_of(pc.match_substring_regex(values, _EMPTY_TIME)))
    with_offset = mask_of(pc.match_substring_regex(values, _OFFSET_TIME))
    local = _spread(_local_times, values, where=filled(values) & ~with_offset)
    localised = _localised(pa.array(local, TIMESTAMP), zone=zone)
    both = pc.coalesce(localised.values, pa.array(_spread(_instants, values, where=with_offset), UTC_TIMESTAMP))
    wrong = filled(values) & ~filled(both)
    far = wrong & mask_of(pc.match_substring_regex(values, _FAR_TIME))
    return Parsed(both, faults_of(not_a_time=wrong & ~far, time_in_future=far), localised.notices)


def _spread(read: Callable[[Texts], Times], values: Texts, *, where: Mask) -> Times:
    """Read each different text of the rows chosen once, and give every row its time; NaT where nothing was chosen or read."""
    found = np.full(len(values), np.datetime64("NaT", "us"))
    if where.any():
        coded = pc.filter(values, pa.array(where)).dictionary_encode()
        found[where] = read(coded.dictionary)[coded.indices.to_numpy()]
    return found


def _local_times(words: Texts) -> Times:
    said, found = words.to_numpy(zero_copy_only=False), np.full(len(words), np.datetime64("NaT", "us"))
    plain = mask_of(pc.match_substring_regex(words, _PLAIN_TIME))
    for form in ("%Y-%m-%d %H:%M:%S", "ISO8601", *OTHER_TIME_FORMATS):
        rest = np.isnat(found) & (plain if form == "ISO8601" else True)
        if rest.any():
            found[rest] = _as_micros(pd.to_datetime(said[rest], format=form, errors="coerce", cache=False))
    return np.where((found < FIRST_TIME.to_numpy()) | (found >= LAST_TIME.to_numpy()), np.datetime64("NaT", "us"), found)


def _instants(words: Texts) -> Times:
    read = pd.to_datetime(words.to_numpy(zero_copy_only=False), format="ISO8601", utc=True, errors="coerce", cache=False)
    return _as_micros(read.tz_convert(None))


def _as_micros(times: pd.DatetimeIndex) -> Times:
    return np.asarray(times.as_unit("us").to_numpy(), dtype="datetime64[us]")
