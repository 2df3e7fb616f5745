"""Which currencies have no rate, so that their money cannot be added to the other?"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, text


def unconverted(connection: Connection, amounts: Iterable[tuple[str, date]]) -> list[str]:
    """Return the currencies of ``amounts`` (currency, earliest day) of which some cannot be expressed in the reporting one."""
    asked = text("""
        SELECT reporting_currency <> :currency AND NOT EXISTS (
            SELECT FROM fx_rates WHERE fx_rates.currency = :currency AND fx_rates.reporting_currency = installation.reporting_currency
                AND business_day <= :first)
        FROM installation
        """)
    return sorted(
        {currency for currency, first in amounts if connection.execute(asked, {"currency": currency, "first": first}).scalar_one()}
    )


def unrated(connection: Connection, amounts: Iterable[tuple[str, str, datetime]]) -> dict[str, date]:
    """Return the currencies of ``amounts`` (shop, currency, earliest instant) without a rate, each with the day from which one is needed.

    Neither the shop's own nor the reporting one needs any; days without a rate take the last one before them.
    """
    asked = text("""
        SELECT day FROM shops CROSS JOIN installation
        CROSS JOIN LATERAL (SELECT CAST(CAST(:first_at AS timestamptz) AT TIME ZONE installation.zone AS date) AS day) AS first
        WHERE shop_id = :shop_id AND :currency NOT IN (shops.currency, installation.reporting_currency) AND NOT EXISTS (
            SELECT FROM fx_rates WHERE fx_rates.currency = :currency
                AND fx_rates.reporting_currency = installation.reporting_currency AND business_day <= day)
        """)
    found: dict[str, date] = {}
    for shop_id, currency, first_at in amounts:
        day = connection.execute(asked, {"shop_id": shop_id, "currency": currency, "first_at": first_at}).scalar_one_or_none()
        if day is not None:
            found[currency] = min(day, found.get(currency, day))
    return found
