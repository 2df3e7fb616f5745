"""What is a buyer to us, by the orders they paid for before this one?

A buyer is known by the account (or the e-mail address) that a platform tells with an order, within one channel. Whoever is not known has no
class: what holds for everybody holds for them.
"""

from datetime import timedelta

# Personal data is kept no longer than this (``data.settings``), so nothing before it can be asked.
LOOK_BACK = timedelta(days=90)
# A major customer has paid for as many orders in that time, or for as much: in minor units of the reporting currency,
# of CNY that is 10,000.00.
MAJOR_ORDERS = 10
MAJOR_MINOR = 1_000_000


def class_of(paid_orders: int, paid_minor: int) -> str:
    """Return the class (a key of ``models.stock.words.CUSTOMER_CLASSES``) of a known buyer with so many earlier paid orders.

    ``paid_minor`` is what those came to, in minor units of the reporting currency; orders that ended in a cancellation or refund are in
    neither.

    >>> class_of(0, 0), class_of(1, 9_900), class_of(1, 1_000_000), class_of(10, 0)
    ('new', 'returning', 'major', 'major')
    """
    if paid_orders >= MAJOR_ORDERS or paid_minor >= MAJOR_MINOR:
        return "major"
    return "returning" if paid_orders else "new"
