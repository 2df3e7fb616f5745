"""What class is a buyer of, and does it only ever rise with what they paid for?"""

from hypothesis import given
from hypothesis import strategies as st

from models.customers import MAJOR_MINOR, MAJOR_ORDERS, class_of
from models.stock.words import CUSTOMER_CLASSES, keys

ORDERS, MINORS = st.integers(0, 3 * MAJOR_ORDERS), st.integers(0, 3 * MAJOR_MINOR)


@given(ORDERS, MINORS, ORDERS, MINORS)
def test_who_has_paid_for_more_is_never_of_a_lower_class(orders: int, minor: int, more_orders: int, more_minor: int) -> None:
    rising = keys(CUSTOMER_CLASSES)

    assert rising.index(class_of(orders, minor)) <= rising.index(class_of(orders + more_orders, minor + more_minor))


def test_a_new_customer_has_paid_for_nothing_and_a_major_one_for_much_or_often() -> None:
    assert class_of(0, 0) == "new"
    assert class_of(1, 100) == class_of(MAJOR_ORDERS - 1, MAJOR_MINOR - 1) == "returning"
    assert class_of(MAJOR_ORDERS, 0) == class_of(1, MAJOR_MINOR) == "major"
