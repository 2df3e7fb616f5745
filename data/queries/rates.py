"""Which currencies have no rate, so that their money cannot be added to the other?"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, text


def unconverted(connection: Connection, amounts: Iterable[tuple[str, date]]) -> list[str]:
    """Return the currencies of ``amounts`` (currency, latest day) that cannot be expressed in the reporting one."""
    asked = text("""
        SELECT reporting_currency <> :currency AND NOT EXISTS (
            SELECT FROM fx_rates WHERE fx_rates.currency = :currency AND fx_rates.reporting_currency = installation.reporting_currency
                AND business_day <= :last)
        FROM installation
        """)
    return sorted({currency for currency, last in amounts if connection.execute(asked, {"currency": currency, "last": last}).scalar_one()})


def unrated(connection: Connection, amounts: Iterable[tuple[str, str, datetime]]) -> list[str]:
    """Return the currencies of ``amounts`` (shop, currency, latest instant) that are neither their shop's nor the reporting one.

    A rate on or before the day of the latest amount is enough: days without one take the last before them.
    """
    asked = text("""
        SELECT EXISTS (
            SELECT FROM shops CROSS JOIN installation
            WHERE shop_id = :shop_id AND :currency NOT IN (shops.currency, installation.reporting_currency) AND NOT EXISTS (
                SELECT FROM fx_rates WHERE fx_rates.currency = :currency
                    AND fx_rates.reporting_currency = installation.reporting_currency
                    AND business_day <= CAST(CAST(:last_at AS timestamptz) AT TIME ZONE installation.zone AS date)))
        """)
    found = {
        currency
        for shop_id, currency, last_at in amounts
        if connection.execute(asked, {"shop_id": shop_id, "currency": currency, "last_at": last_at}).scalar_one()
    }
    return sorted(found)
