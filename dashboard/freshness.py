"""How fresh is what a source gave us, and how do we show it without relying on colour?"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from dashboard.i18n import msg, t

# A pull comes every five minutes and takes less than one (S2); an order should be here within ten.
FRESH_SECONDS = 6 * 60
LATE_SECONDS = 10 * 60
# The jobs process beats every few seconds; after this long it is down.
BEAT_SECONDS = 90


@dataclass(frozen=True)
class Light:
    """A state in shape, word and colour; ``color`` is a name of the theme's palette."""

    shape: str
    word: str
    color: str

    @property
    def said(self) -> str:
        """Shape and word in this person's language."""
        return f"{self.shape} {t(self.word)}"


GOOD = Light("●", msg("正常"), "green")
WATCH = Light("▲", msg("关注"), "orange")
SEVERE = Light("■", msg("严重"), "red")
ONLY_BACKFILL = Light("◌", msg("仅回填"), "gray")
UNKNOWN = Light("◌", msg("无数据"), "gray")


def source_light(last_live_at: datetime | None, *, as_of: datetime) -> Light:
    """Judge a source by its last live file; back-fill never counts for freshness."""
    if last_live_at is None or pd.isna(last_live_at):
        return ONLY_BACKFILL
    lag = (as_of - last_live_at).total_seconds()
    return GOOD if lag <= FRESH_SECONDS else WATCH if lag <= LATE_SECONDS else SEVERE


def jobs_light(heartbeat_at: datetime | None, *, as_of: datetime) -> Light:
    """Judge the jobs process by its heartbeat."""
    if heartbeat_at is None:
        return UNKNOWN
    return GOOD if (as_of - heartbeat_at).total_seconds() <= BEAT_SECONDS else SEVERE
