"""Statements as files, the shops they belong to, and what of them must not depend on the order of arrival."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
# shop, channel, currency
SHOPS = (
    ("tm", "tmall", "CNY"),
    ("jd", "jd", "CNY"),
    ("pdd", "pdd", "CNY"),
    ("douyin", "douyin", "CNY"),
    ("wechat", "wechat_shop", "CNY"),
    ("us", "shopify", "USD"),
)
_LINE = (
    "shop_id, order_no, source, line_key, account, type, type_text, flow_no, refund_no, alternates, occurred_at, settled_at, completed_at, "
    "currency, amount_minor, gross_minor, fee_minor, balance_minor, payout_ref, pending, remark"
)
_BANK = "account, line_key, booked_on, value_on, currency, amount_minor, balance_minor, reference, counterparty, remark, shop_id"
_STATEMENT = (
    "source, shop_id, account, currency, statement_no, period_from, period_to, opening_minor, closing_minor, computed_closing_minor, "
    "balance_proven, control_stated::text, control_computed::text, lines"
)


def give_shops(engine: Engine) -> None:
    """Make the shops whose statements come."""
    with engine.begin() as connection:
        for shop_id, channel, currency in SHOPS:
            connection.execute(
                text("""
                INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
                VALUES (:shop_id, :channel, :shop_id, 'Asia/Shanghai', :currency, true, :now)
                """),
                {"shop_id": shop_id, "channel": channel, "currency": currency, "now": NOW},
            )


def write(path: Path, content: str, *, encoding: str = "utf-8") -> Path:
    """Write a file's text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def take_all(
    engine: Engine, path: Path, *, home: Path, shop: str | None = None, language: Literal["zh", "en"] = "en", as_of: datetime = NOW
) -> list[Report]:
    """Ingest a file, or every entry of a zip."""
    settings = Settings(home=home, language=language)
    return ingest_path(engine, path, settings=settings, as_of=as_of, shop=shop, nature="backfill")


def take(
    engine: Engine, path: Path, *, home: Path, shop: str | None = None, language: Literal["zh", "en"] = "en", as_of: datetime = NOW
) -> Report:
    """Ingest a file of one entry."""
    [report] = take_all(engine, path, home=home, shop=shop, language=language, as_of=as_of)
    return report


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Give what a query finds."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def by_type(engine: Engine) -> dict[str, int]:
    """Give the stored lines' sum by type."""
    return dict(rows(engine, "SELECT type, sum(amount_minor)::bigint FROM settlement_lines GROUP BY type"))


def total(engine: Engine) -> int:
    """Give the stored lines' sum."""
    [(minor,)] = rows(engine, "SELECT coalesce(sum(amount_minor), 0)::bigint FROM settlement_lines")
    return int(minor)


def state(engine: Engine) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Give every line and statement without where and when it came from."""
    return {
        "lines": rows(engine, f"SELECT {_LINE} FROM settlement_lines ORDER BY 1, 2, 3, 4"),
        "bank": rows(engine, f"SELECT {_BANK} FROM bank_lines ORDER BY 1, 2"),
        "statements": rows(engine, f"SELECT {_STATEMENT} FROM statements ORDER BY 1, 2, 3, 4, 5, 6, 7"),
    }
