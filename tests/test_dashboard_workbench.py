"""Does the workbench have words and fields for everything its registries hold, and do its rows stand still under a hand?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import streamlit as st

from dashboard import workbench_held, workbench_words
from dashboard.filters import unfiltered
from dashboard.view import View
from dashboard.workbench_deeds import FIELDS, MISSING, SHORTCUTS, allowed, later, over, primary
from dashboard.workbench_held import Held, key_of
from data.reads import QueueRow
from models.people import Person
from models.scope import ROLES
from models.workbench.actions import ACTIONS, ACTIONS_BY_KEY, NEEDS
from models.workbench.tabs import TABS

AS_OF = datetime(2026, 11, 27, 1, 5, tzinfo=UTC)
ZONE = "Asia/Shanghai"
ROW = QueueRow(
    shop_id="tb-home", order_no="1", channel="taobao", region_code="", category="", warehouse_code="", carrier_code="", stage="paid",
    stage_since=AS_OF, value_minor=10_000, due_at=AS_OF + timedelta(hours=5), overdue_at=None, stuck_at=None, probability=0.7, low=0.6,
    high=0.8, action="expedite", saves=0.5, score=3_500.0, still_savable=True, overdue_2h=False, stuck=False, short=False, held_out=False,
    in_capacity=True, alert_id=None, reasons=(), owner=None, state="open", version=0, snoozed_until=None, review=None, last_action=None,
    last_by=None, last_at=None, closed_at=None, close_reason=None, rank=3_500.0,
)  # fmt: skip


def view(role: str = "manager") -> View:
    return View(Person("lin", "林悦", role), unfiltered(zone=ZONE, as_of=AS_OF), AS_OF, ZONE, "CNY")


@pytest.fixture(autouse=True)
def session() -> Iterator[None]:
    """Begin and end with nothing chosen."""
    st.session_state.clear()
    yield
    st.session_state.clear()


def numbered(*numbers: int) -> list[QueueRow]:
    return [replace(ROW, order_no=str(number)) for number in numbers]


def drawn(*numbers: int, question: str = "tab") -> Held:
    return workbench_held.rows_for(question, read=lambda _: numbered(*numbers), as_of=AS_OF)


def ticked(held: Held, *places: int) -> None:
    st.session_state[held.widget] = {"selection": {"rows": list(places), "cells": []}}


def test_every_action_has_a_field_for_each_need_and_says_who_was_first() -> None:
    assert {need for action in ACTIONS for need in action.needs} <= set(NEEDS) == set(FIELDS) == set(MISSING)
    assert {action.key for action in ACTIONS if action.leaves or action.review} <= set(workbench_words.TAKEN)
    assert set(SHORTCUTS) <= set(ACTIONS_BY_KEY) and len(set(SHORTCUTS.values())) == len(SHORTCUTS)
    assert all(workbench_words.tab(tab.key) and workbench_words.why(tab.key) for tab in TABS)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_offered_what_their_role_may_not_do(role: str) -> None:
    offered = allowed([ROW], view=view(role))

    assert all(role in action.roles for action in offered)
    assert {action.key for action in offered} >= {"claim", "note"}
    assert not any(action.review for action in offered)


def test_an_order_to_review_is_reviewed_first_and_one_that_is_over_is_only_noted() -> None:
    pending = replace(ROW, review="pending")
    keys = [action.key for action in allowed([pending], view=view())]
    assert "approve_review" in keys and "expedite" not in keys
    assert primary([pending], allowed([pending], view=view())) == "approve_review"

    gone = replace(ROW, stage="shipped")
    assert over(gone) and [action.key for action in allowed([gone], view=view())] == ["note"]
    assert not over(replace(gone, stuck=True))


def test_what_is_suggested_for_all_stands_out() -> None:
    able = allowed([ROW], view=view())

    assert primary([ROW, ROW], able) == "expedite"
    assert primary([ROW, replace(ROW, action="contact_buyer")], able) == "claim"


def test_the_time_left_is_told_by_shape_too() -> None:
    due = {hours: replace(ROW, due_at=AS_OF + timedelta(hours=hours)) for hours in (-2.5, 1, 5)}

    assert [workbench_words.left(row, as_of=AS_OF) for row in due.values()] == ["■ 已超 2小时30分", "▲ 剩 1小时", "剩 5小时"]
    assert workbench_words.left(replace(ROW, due_at=None), as_of=AS_OF) == "—"


def test_who_was_first_is_said_with_the_clock_of_today_and_the_day_of_another() -> None:
    today, yesterday = datetime(2026, 11, 27, 1, 2, tzinfo=UTC), datetime(2026, 11, 26, 1, 2, tzinfo=UTC)

    assert workbench_words.taken("claim", at=today, name="林悦", view=view()) == "已被他人认领 09:02 林悦"
    assert workbench_words.taken("assign", at=yesterday, name="林悦", view=view()) == "已被他人转派 11-26 09:02 林悦"


def test_a_reminder_is_always_later_and_an_evening_that_is_over_is_not_offered() -> None:
    night = datetime(2026, 11, 27, 22, 0, tzinfo=ZoneInfo(ZONE))

    assert all(at > night for _, at in later(night, zone=ZONE).values())
    assert "evening" not in later(night, zone=ZONE) and "evening" in later(AS_OF, zone=ZONE)


def test_rows_stay_as_they_are_while_somebody_has_ticked_some_of_them() -> None:
    held = drawn(1, 2, 3)
    ticked(held, 1)

    again = drawn(9, 1, 2, 3)

    assert [row.order_no for row in again.rows] == ["1", "2", "3"] and again.moved
    assert [row.order_no for row in again.chosen] == ["2"]


def test_rows_of_the_same_orders_are_renewed_in_place_even_under_a_hand() -> None:
    held = drawn(1, 2)
    ticked(held, 0)

    again = workbench_held.rows_for("tab", read=lambda _: [replace(row, version=7) for row in numbered(1, 2)], as_of=AS_OF)

    assert [row.version for row in again.rows] == [7, 7] and again.generation == held.generation and not again.moved


def test_what_was_chosen_is_found_again_among_new_rows_once() -> None:
    held = drawn(1, 2, 3)
    ticked(held, 0, 2)
    workbench_held.renew(keep=[key_of(row) for row in numbered(3)])

    again = drawn(9, 3, 1)
    assert again.widget != held.widget and [row.order_no for row in again.chosen] == ["3"]
    ticked(again)
    later_on = drawn(3, 9, 1)

    assert later_on.chosen == []


def test_another_question_begins_with_its_first_page_and_nothing_chosen() -> None:
    held = drawn(1, 2)
    ticked(held, 0)
    workbench_held.turn((None, (1.0, "tb-home", "2")))

    other = drawn(5, 6, question="another")

    assert other.pages == (None,) and other.chosen == [] and other.widget != held.widget


def test_the_box_of_the_whole_page_chooses_all_of_it() -> None:
    held = drawn(1, 2)
    st.session_state[held.all_of_it] = True

    assert [row.order_no for row in held.chosen] == ["1", "2"]
    assert drawn(7, 8).moved
