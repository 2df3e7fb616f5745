"""How are instants, amounts and numbers written in the files?"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.simulate.dice import Ints
from jobs.simulate.geography import CARRIERS
from jobs.simulate.rhythm import SHANGHAI_OFFSET

# Odd and no multiple of five: multiplying by it shuffles the numbers below a power of ten without two meeting.
_SHUFFLE = 7_919


def _stamps(seconds: Ints, separator: str) -> npt.NDArray[np.str_]:
    stamps = np.datetime_as_string(seconds.astype("datetime64[s]"))
    letters = stamps.view("U1").reshape(len(stamps), -1)
    letters[:, 10] = separator
    return stamps


def beijing(instants: object, *, empty: str = "") -> list[str]:
    """Write unix seconds as ``2026-11-22 10:05:00`` Beijing time; 0 as ``empty``.

    >>> beijing([0, 1795312800], empty="-")
    ['-', '2026-11-22 10:00:00']
    """
    seconds = np.asarray(instants, dtype=np.int64)
    if not len(seconds):
        return []
    written = _stamps(seconds + SHANGHAI_OFFSET, " ").tolist()
    return [text if second else empty for text, second in zip(written, seconds.tolist(), strict=True)]


def iso(instants: object, *, zone: str) -> list[str]:
    """Write unix seconds as ``2026-11-21T21:00:00-05:00`` in a zone; 0 as empty text.

    >>> iso([1795312800, 0], zone="America/New_York")
    ['2026-11-21T21:00:00-05:00', '']
    """
    seconds = np.asarray(instants, dtype=np.int64)
    if not len(seconds):
        return []
    naive = pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True)).tz_convert(ZoneInfo(zone)).tz_localize(None)
    local = naive.as_unit("s").asi8
    offsets = [f"{'-' if off < 0 else '+'}{abs(off) // 3600:02d}:{abs(off) % 3600 // 60:02d}" for off in (local - seconds).tolist()]
    written = zip(_stamps(local, "T").tolist(), offsets, seconds.tolist(), strict=True)
    return [text + offset if second else "" for text, offset, second in written]


def major(minor: Iterable[int]) -> list[str]:
    """Write minor units with two decimals.

    >>> major([0, 5, 12390])
    ['0.00', '0.05', '123.90']
    """
    return [f"{value // 100}.{value % 100:02d}" for value in minor]


def platform_numbers(keys: Ints) -> Ints:
    """Return 19-digit order numbers: shop, day, number of the day, six shuffled digits and a 0 for the order itself."""
    numbers: Ints = keys * 10**7 + (keys * _SHUFFLE) % 10**6 * 10
    return numbers


def waybills(stockouts: Ints, carriers: Ints) -> list[str]:
    """Return a waybill number as its carrier writes it for each parcel."""
    pairs = zip(stockouts.tolist(), carriers.tolist(), strict=True)
    return [
        CARRIERS[carrier].prefix + str(stockout * _SHUFFLE % 10 ** CARRIERS[carrier].digits).zfill(CARRIERS[carrier].digits)
        for stockout, carrier in pairs
    ]
