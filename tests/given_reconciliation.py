"""What does a small shop look like after a reconciliation, with a difference of every sort, for tests of the page?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import tables
from data.reconciliation import Reconciled
from tests.given_money import PAID, booked, line, matched, sold, store
from tests.given_orders import insert_rows

# Days before now that the first order was paid; all is settled before the last week.
AGO = 20
GOOD = 12
ACCOUNT = "6222"


def reconciled_shop(engine: Engine, *, as_of: datetime | None = None) -> Reconciled:
    """Store orders, statements and bank lines of the last weeks and reconcile them; returns what the run did."""
    now = as_of or datetime.now(UTC).replace(microsecond=0)
    start = (now - PAID) / timedelta(days=1) - AGO
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM fx_rates"))
        rate = {"currency": "USD", "reporting_currency": "CNY", "rate": "7.1", "observed_at": now}
        insert_rows(connection, tables.fx_rates, [rate | {"business_day": now.date() - timedelta(days=60)}])
        connection.execute(text("SELECT setval(pg_get_serial_sequence('source_files', 'file_id'), 9000)"))
        _files(connection, now=now)
    store(engine, orders=_orders(start), lines=_lines(start), bank=_bank_lines(now))
    return matched(engine, as_of=now)


def differences(engine: Engine, **where: Any) -> list[Any]:
    """Return the differences that have these values, the oldest first."""
    condition = " AND ".join(f"{name} = :{name}" for name in where) or "true"
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM recon_differences WHERE {condition} ORDER BY difference_id"), where))


def _orders(start: float) -> list[dict[str, Any]]:
    good = [sold("tm", f"T{n}", 10_000 + n, days=start + n % 5) for n in range(GOOD)]
    return [
        *good,
        sold("tm", "SHORT", 20_000, days=start),
        sold("tm", "RATE", 30_000, days=start + 1),
        sold("tm", "TWICE", 40_000, days=start + 1),
        sold("tm", "REFUND", 50_000, days=start + 2),
        sold("tm", "LOST", 60_000, days=start + 2),
        sold("tm", "EARLY", 70_000, days=AGO + start - 1, completed=None),
        sold("us", "U1", 9_900, days=start + 1),
        sold("us", "U2", 8_800, days=start + 1),
    ]


def _lines(start: float) -> list[dict[str, Any]]:
    at = start + 7
    good = [
        line("tm", f"T{n}", kind, minor, days=at + n % 5, file_id=8001, row_number=n + 2)
        for n in range(GOOD)
        for kind, minor in (("receipt", 10_000 + n), ("commission", -500 if n < 10 else -501))
    ]
    return [
        *good,
        line("tm", "SHORT", "receipt", 19_200, days=at, file_id=8001, row_number=40),
        line("tm", "SHORT", "commission", -1_000, days=at, file_id=8001, row_number=41),
        line("tm", "RATE", "receipt", 30_000, days=at, file_id=8001, row_number=42),
        line("tm", "RATE", "commission", -2_400, days=at, file_id=8001, row_number=43),
        line("tm", "TWICE", "receipt", 40_000, days=at, file_id=8001, row_number=44),
        line("tm", "TWICE", "receipt", 40_000, key="2", days=at, file_id=8001, row_number=45),
        line("tm", "TWICE", "commission", -2_000, days=at, file_id=8001, row_number=46),
        line("tm", "REFUND", "receipt", 50_000, days=at, file_id=8001, row_number=47),
        line("tm", "REFUND", "commission", -2_500, days=at, file_id=8001, row_number=48),
        line("tm", "REFUND", "refund", -50_000, days=at + 3, file_id=8001, row_number=49),
        line("tm", "flow:77", "unclassified", -321, days=at, type_text="神秘服务费", file_id=8001, row_number=50),
        line("tm", "flow:W1", "withdrawal", -150_000, days=at + 1, payout_ref="W1", file_id=8001, row_number=51),
        line("tm", "flow:W2", "withdrawal", -90_000, days=at + 2, payout_ref="W2", file_id=8001, row_number=52),
        line("us", "U1", "receipt", 9_900, days=at, file_id=8002),
        line("us", "U2", "receipt", 8_700, days=at, file_id=8002),
    ]


def _bank_lines(now: datetime) -> list[dict[str, Any]]:
    # a day after the platform sent it, in the shop's own zone
    first = (now + timedelta(hours=8) - timedelta(days=AGO - 9)).date()
    return [
        booked("B1", 150_000, on=first, reference="W1", counterparty="支付宝（中国）网络技术有限公司", account=ACCOUNT, file_id=8003),
        booked("B2", 89_990, on=first + timedelta(days=1), reference="W2", counterparty="支付宝（中国）网络技术有限公司", file_id=8003),
    ]


def _files(connection: Connection, *, now: datetime) -> None:
    names = {8001: ("tm", "天猫账单.csv"), 8002: ("us", "payouts.csv"), 8003: ("", "工行流水.csv")}
    rows = [
        {
            "file_id": number,
            "shop_id": shop,
            "sha256": f"{number:064d}",
            "name": name,
            "size_bytes": 1,
            "nature": "live",
            "received_at": now,
        }
        for number, (shop, name) in names.items()
    ]
    insert_rows(connection, tables.source_files, rows)
    told = {"observed_at": now, "ingested_at": now, "manifest_version": 1, "period_from": now - timedelta(days=AGO), "period_to": now}
    insert_rows(
        connection,
        tables.statements,
        [
            {
                "file_id": 8001,
                "shop_id": "tm",
                "source": "alipay.account",
                "account": "tm@shop",
                "currency": "CNY",
                "lines": 40,
                "balance_proven": True,
            }
            | {"opening_minor": 0, "closing_minor": 5_000, "computed_closing_minor": 5_000, "control_stated": {"收入合计": "5000.00"}}
            | told,
            {
                "file_id": 8003,
                "shop_id": "",
                "source": "icbc.account",
                "account": ACCOUNT,
                "currency": "CNY",
                "lines": 2,
                "balance_proven": False,
            }
            | {"opening_minor": 0, "closing_minor": 240_000, "computed_closing_minor": 239_990}
            | told,
            {"file_id": 8002, "shop_id": "us", "source": "stripe.balance", "account": "acct_1", "currency": "USD", "lines": 2} | told,
        ],
    )
