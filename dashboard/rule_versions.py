"""Which version of a rule of reconciliation holds, where, and from when is a new one to hold?"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import fmt, words
from dashboard.definitions_promises import COMING, HOLDS, REPLACED
from dashboard.freshness import Light
from dashboard.i18n import t
from dashboard.periods import business_today
from dashboard.view import View

EVERY = "*"
SOURCE_SIGNS = 200


class Version(Protocol):
    """A version of a rule: from when it holds, and what its versions have in common."""

    @property
    def valid_from(self) -> datetime:
        """From when it holds."""

    @property
    def place(self) -> tuple[str, ...]:
        """What its versions have in common."""


def state_of(version: Version, found: Sequence[Version], *, as_of: datetime) -> Light:
    """Say whether a version holds, will hold, or was replaced."""
    if version.valid_from > as_of:
        return COMING
    held = [each.valid_from for each in found if each.place == version.place and each.valid_from <= as_of]
    return HOLDS if version.valid_from == max(held) else REPLACED


def since(valid_from: datetime, *, view: View) -> str:
    """Say from when a version holds."""
    return t("一直") if valid_from.year < 2000 else fmt.moment(valid_from, zone=view.zone, as_of=view.as_of)


def channel_name(code: str) -> str:
    """Name a channel, or all of them."""
    return t("全部渠道") if code == EVERY else words.channel(code)


def refused() -> str:
    """Say that a person may not change rules."""
    return t("您的角色或范围不能修改规则。")


def ask_since(key: str, *, view: View) -> None:
    """Draw the fields that say from when a new version holds, and where it comes from."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        today = business_today(view.as_of, zone=view.zone)
        st.date_input(t("生效日（支付日）"), value=today, format="YYYY-MM-DD", key=f"{key}_day", width=160)
        st.text_input(t("来源（必填）"), max_chars=SOURCE_SIGNS, key=f"{key}_source", width=360)


def asked_since(key: str, *, view: View) -> datetime | None:
    """Return from when the new version is to hold: the first instant of the business day, None where none was said."""
    day = st.session_state[f"{key}_day"]
    return None if day is None else datetime.combine(day, time(0), tzinfo=ZoneInfo(view.zone)).astimezone(UTC)
