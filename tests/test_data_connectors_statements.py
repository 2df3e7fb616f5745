"""Which events does a row state, exactly or within bounds?"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.statements import CODE_OF, SINCE_EVER, Statements, statements, status_codes
from data.connectors.texts import as_texts
from data.connectors.times import NEVER
from models.events import EVENT_TYPES, HUB_STATUSES, PROGRESS, STATUS_IMPLIES, stage_of

HOUR = 3_600_000_000
CREATED, PAID, SHIPPED = 1_000 * HOUR, 1_001 * HOUR, 1_005 * HOUR


def _said(status: str, *, cod: bool = False, may_imply: tuple[str, ...] = EVENT_TYPES[1:], **times: int) -> dict[str, tuple[int, int]]:
    return _stated(status, times, cod=cod, may_imply=may_imply)


def _stated(
    status: str, times: Mapping[str, int], *, cod: bool = False, may_imply: tuple[str, ...] = EVENT_TYPES[1:], updated: int = NEVER
) -> dict[str, tuple[int, int]]:
    """What one row states: event -> bounds."""
    columns: Mapping[str, npt.NDArray[np.int64]] = {event: np.array([at], dtype=np.int64) for event, at in times.items()}
    paid = columns.get("paid", np.array([NEVER], dtype=np.int64))
    codes = status_codes(as_texts([status]), paid=paid)
    unknown, last = np.array([cod]), np.array([updated], dtype=np.int64)
    found: Statements = statements(codes, times=columns, may_imply=may_imply, payment_unknown=unknown, updated=last)
    bounds = zip(found.occurred_from.tolist(), found.occurred_to.tolist(), strict=True)
    return dict(zip(found.type.tolist(), bounds, strict=True))


def test_a_time_is_an_exact_event_whatever_the_status_says() -> None:
    assert _said("cancelled", created=CREATED, paid=PAID)["paid"] == (PAID, PAID)


def test_a_status_without_a_time_lies_after_the_last_event_known() -> None:
    assert _said("shipped", created=CREATED, paid=PAID)["shipped"] == (PAID, NEVER)


def test_a_status_without_a_time_lies_before_the_next_event_known() -> None:
    assert _said("completed", created=CREATED, completed=SHIPPED)["shipped"] == (CREATED, SHIPPED)


def test_nothing_known_before_means_since_ever() -> None:
    assert _said("waybilled", may_imply=("waybilled",)) == {"waybilled": (SINCE_EVER, NEVER)}


def test_what_has_no_time_happened_before_the_row_was_last_changed() -> None:
    assert _stated("held", {"created": CREATED}, updated=SHIPPED)["held"] == (CREATED, SHIPPED)


def test_a_change_stamp_older_than_the_row_itself_bounds_nothing() -> None:
    assert _stated("shipped", {"created": PAID}, updated=CREATED)["shipped"] == (PAID, NEVER)


def test_times_that_contradict_each_other_give_no_lower_bound() -> None:
    assert _said("completed", created=SHIPPED, completed=CREATED)["shipped"] == (SINCE_EVER, CREATED)


def test_closed_is_refunded_once_paid_and_cancelled_before() -> None:
    assert _said("closed", created=CREATED, paid=PAID)["refunded"] == (PAID, NEVER)
    assert _said("closed", created=CREATED)["cancelled"] == (CREATED, NEVER)


def test_cash_on_delivery_is_not_paid_because_it_was_shipped() -> None:
    assert "paid" not in _said("shipped", cod=True, created=CREATED)
    assert _said("shipped", cod=True, created=CREATED, paid=PAID)["paid"] == (PAID, PAID)


def test_a_hold_has_no_time_but_bounds() -> None:
    assert _said("held", created=CREATED, paid=PAID)["held"] == (PAID, NEVER)


def test_a_table_states_only_what_is_its_own_to_say() -> None:
    assert set(_said("shipped", may_imply=("shipped",), created=CREATED)) == {"created", "shipped"}


@given(
    st.sampled_from([word for word in HUB_STATUSES if word not in ("closed", "unknown")]),
    st.dictionaries(st.sampled_from(PROGRESS), st.integers(1, 10**15), min_size=1),
)
def test_bounds_are_never_upside_down_and_every_fact_of_the_status_is_stated(status: str, times: dict[str, int]) -> None:
    said = _stated(status, times)

    assert all(start <= end or end == NEVER for start, end in said.values())
    assert set(said) == set(times) | {event for event in STATUS_IMPLIES[status] if event != "created"}
    if set(times) <= {"created", "paid"} and status not in ("held", "unpaid"):
        assert stage_of({"created", *said}) == status.replace("to_ship", "paid")


def test_an_unknown_word_has_no_code() -> None:
    codes = status_codes(as_texts(["shipped", None]), paid=np.full(2, NEVER))

    assert codes.tolist() == [CODE_OF["shipped"], -1]
