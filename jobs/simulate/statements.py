"""Which statements do platforms and banks write of the merchant's money, and what must be remembered until the next ones?

Money moves by what becomes of orders (``movements``), is struck by faults (``money_faults``), lies in purses and is paid out of them
(``purses``), and is told in statements of whole days, each platform's and bank's own (``platforms.*_statement``, ``bank``). Of a day that
is over nothing changes any more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.simulate import bank, money_faults, movements, purses, rhythm
from jobs.simulate.merchant import Played
from jobs.simulate.money_faults import BITS, TYPES, Rates
from jobs.simulate.movements import COLUMNS, COMPENSATED, PAID_OUT, REFUNDED, SETTLED
from jobs.simulate.platforms import alipay_statement, douyin_statement, jd_statement, pdd_statement, shopify_statement
from jobs.simulate.platforms.statement import Period, StatementWriter
from jobs.simulate.platforms.writer import File, Writer
from jobs.simulate.terms import TERMS

# Shopee's statements are of no format that we know for certain: it has none here.
STATEMENTS: Mapping[str, StatementWriter] = {
    "淘宝": alipay_statement.ledger,
    "天猫": alipay_statement.ledger,
    "京东": jd_statement.settlement,
    "拼多多": pdd_statement.ledger,
    "抖音": douyin_statement.flow,
    "Shopify": shopify_statement.transactions,
}
TRUTH = "money.jsonl"
# What a shop abroad settles in yuan lies in a purse of its own.
_IN_YUAN = 50
_ROW_KEY = ["key", "line", "what", "copy", "at"]
_MISSED_AFTER_S = 62 * rhythm.DAY_SECONDS


@dataclass(frozen=True)
class Money:
    """Where the merchant's money stands.

    ``told_until`` is the first day of which no statement is written, ``known_until`` the instant up to which what became of orders is in
    ``waiting`` (movements not stated yet); ``bank`` are lines not booked yet. Balances are by purse and by bank account.
    """

    rates: Mapping[str, float]
    told_until: int
    known_until: int
    balances: Mapping[str, int]
    bank_balances: Sequence[int]
    waiting: pd.DataFrame
    bank: pd.DataFrame


@dataclass
class _Told:
    """What the closing of some days brings."""

    files: list[tuple[File, int]] = field(default_factory=list)
    truth: list[pd.DataFrame] = field(default_factory=list)


def begun(writers: Sequence[Writer], *, first_day: int, rates: Mapping[str, float]) -> Money:
    """Return the money of a merchant who begins on a day."""
    balances = {str(number): purses.PURSES[platform].opening_minor for number, platform in _platforms(writers).items()}
    nothing = pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in COLUMNS})
    openings = [account.opening_minor for account in bank.ACCOUNTS]
    Rates(rates)
    return Money(dict(rates), first_day, rhythm.midnight(first_day), balances, openings, nothing, purses.no_bank_lines())


def learn(money: Money, settled: Played, writers: Sequence[Writer], *, at: int, seed: int) -> tuple[Money, pd.DataFrame]:
    """Add what follows from all that became of orders up to an instant (``life.settle``), and return the truth about the faults in it."""
    waiting, truth = [money.waiting], [money_faults.no_truth()]
    for writer in writers:
        if writer.shop.platform not in STATEMENTS:
            continue
        owed = movements.dues(writer.shop, _done_by(settled, writer, at=at))
        rows, told = money_faults.movements(writer.shop, owed, rates=Rates(money.rates), seed=seed)
        done = owed.orders.set_index("key")["done"]
        late = not TERMS[writer.shop.platform].escrow
        for frame, refund, kept in ((rows, rows["what"] == REFUNDED, waiting), (told, told["type"] == TYPES.index("refund"), truth)):
            # A refund of what was settled at once is known only when it is made.
            born = np.where(refund & late, frame["at"], done.reindex(frame["key"]).to_numpy())
            kept.append(frame[(born > money.known_until) & (born <= at)])
    return replace(money, known_until=at, waiting=_in_order(pd.concat(waiting), _ROW_KEY)[list(COLUMNS)]), pd.concat(
        truth, ignore_index=True
    )


def close(
    money: Money, writers: Sequence[Writer], *, until_day: int, seed: int, days_a_file: int | None
) -> tuple[Money, list[tuple[File, int]], pd.DataFrame]:
    """Write the statements of the days up to ``until_day`` (not included); ``days_a_file`` None = a calendar month.

    Returns files with the instants at which they are made, and the truth about what happened to payouts and files.
    """
    told, balances, waiting, lines = _Told(), dict(money.balances), [], [money.bank]
    spans = list(periods(money.told_until, until_day, days=days_a_file))
    platforms = _platforms(writers)
    for writer in writers:
        rows = []
        for number in (number for number in platforms if number % _IN_YUAN == writer.shop.number):
            mine = money.waiting[_purse_of(money.waiting) == number].reset_index(drop=True)
            drawn = purses.draw_out(
                platforms[number],
                number,
                mine,
                first_day=money.told_until,
                until_day=until_day,
                balance_minor=balances[str(number)],
                rates=Rates(money.rates),
                seed=seed,
            )
            if number > _IN_YUAN:
                drawn.rows.loc[drawn.rows["what"] == PAID_OUT, "rate"] = 10**6
            balances[str(number)] = drawn.balance_minor
            waiting.append(drawn.waiting)
            rows.append(drawn.rows)
            lines.append(drawn.bank)
            told.truth.append(drawn.truth)
        if rows:
            lost = _write(writer, rows, spans, told, rates=Rates(money.rates), seed=seed)
            lines[-len(rows) :] = [_marked(each, lost) for each in lines[-len(rows) :]]
    pending, booked = _parted(pd.concat(lines, ignore_index=True), until_day)
    bank_balances = _write_bank(booked, money.bank_balances, spans, told, platforms)
    nothing = money.waiting.head(0)
    money = replace(
        money,
        told_until=until_day,
        balances=balances,
        bank_balances=bank_balances,
        waiting=_in_order(pd.concat([nothing, *waiting]), _ROW_KEY),
        bank=_in_order(pending, ["account", "day", "shop", "payout_day"]),
    )
    return money, told.files, pd.concat([money_faults.no_truth(), *told.truth], ignore_index=True).astype(np.int64)


def _in_order(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sort rows, so that what is remembered does not depend on how often it was asked for."""
    return rows.sort_values(by, kind="stable", ignore_index=True)


def periods(first_day: int, until_day: int, *, days: int | None) -> Iterator[Period]:
    """Cut days into the spans of statements: calendar months, or weeks and the like counted from a Monday.

    >>> [period.stamp for period in periods(20_000, 20_040, days=None)]
    ['20241004_20241031', '20241101_20241112']
    """
    begin = first_day
    for day in range(first_day + 1, until_day + 1):
        new = rhythm.day_of(day).day == 1 if days is None else (day + 3) % days == 0
        if day == until_day or new:
            yield Period(begin, day)
            begin = day


def write_truth(truth: pd.DataFrame, writers: Sequence[Writer], *, state: Path) -> None:
    """Add to the truth about money, one line a match; no product code ever reads it."""
    path = state / "truth" / TRUTH
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        for row in _told_rows(truth, writers):
            stream.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")


def _told_rows(truth: pd.DataFrame, writers: Sequence[Writer]) -> Iterator[dict[str, object]]:
    of_purse = {number: writer for writer in writers for number in (writer.shop.number, writer.shop.number + _IN_YUAN)}
    payout = truth["type"] == TYPES.index("payout")
    shop = np.where(payout, truth["key"] % 10**8 // 10**6, truth["key"] // 10**11)
    for row, number in zip(truth.to_dict("records"), shop.tolist(), strict=True):
        type_, writer = TYPES[row["type"]], of_purse[number]
        order_no = str(row["key"]) if type_ == "payout" else writer.order_numbers(np.array([row["key"]]))[0]
        yield {
            "shop_id": writer.shop.shop_id,
            "order_no": order_no,
            "type": type_,
            "faults": [name for name, bit in BITS.items() if row["faults"] & bit],
            "minor": row["minor"],
            "seen_at": _iso(row["at"] + (0 if type_ == "payout" else purses.PURSES[writer.shop.platform].held_days * rhythm.DAY_SECONDS)),
            "due_at": _iso(row["due"]) if row["due"] else None,
            "ambiguous": bool(row["ambiguous"]),
        }


def _iso(instant: int) -> str:
    return rhythm.instant_of(instant).isoformat()


def _platforms(writers: Sequence[Writer]) -> dict[int, str]:
    """Return the platform of each purse by its number."""
    found = {writer.shop.number: writer.shop.platform for writer in writers if writer.shop.platform in STATEMENTS}
    return found | {number + _IN_YUAN: f"{platform} CNY" for number, platform in found.items() if platform == "Shopify"}


def _purse_of(rows: pd.DataFrame) -> pd.Series:
    return rows["key"] // 10**11 + np.where(rows["rate"] > 0, _IN_YUAN, 0)


def _done_by(settled: Played, writer: Writer, *, at: int) -> Played:
    """Return a shop's orders of which anything may be due by an instant."""
    orders = settled.orders
    ours = (orders["shop"] == writer.shop.number) & (orders["paid"] <= at)
    kept = orders[ours & ((orders["completed"] <= at) | (orders["refunded"] <= at) | (not TERMS[writer.shop.platform].escrow))]
    known = movements.done_at(kept, writer.shop) <= at
    return Played(kept[known], settled.lines, settled.parcels)


# ---------------------------------------------------------------- files


def _write(writer: Writer, rows: Sequence[pd.DataFrame], spans: Sequence[Period], told: _Told, *, rates: Rates, seed: int) -> list[Period]:
    """Write the statements of a shop; returns the spans whose file is lost."""
    moved = pd.concat(rows, ignore_index=True)
    if len(rows) > 1:
        moved = moved.sort_values(["day", "rate"], kind="stable", ignore_index=True)
    lost = []
    for span in spans:
        part = moved[(moved["day"] >= span.first_day) & (moved["day"] < span.until_day)].reset_index(drop=True)
        if not len(part):
            continue
        if rates["lost_statement"] and _is_lost(writer, span, rates=rates, seed=seed):
            lost.append(span)
            told.truth.append(_lost_rows(part, writer))
            continue
        numbers = writer.order_numbers(part["key"].to_numpy())
        file = STATEMENTS[writer.shop.platform](part, shop=writer.shop, numbers=numbers, period=span, seed=seed)
        told.files.append((File(f"{writer.shop.shop_id}/{file.name}", file.content), rhythm.midnight(span.until_day) - 1))
    return lost


def _is_lost(writer: Writer, span: Period, *, rates: Rates, seed: int) -> bool:
    key = np.array([writer.shop.number * 10**6 + span.first_day])
    return bool(money_faults.dice(key, seed=seed, name="lost_statement")[0] < rates["lost_statement"])


def _lost_rows(part: pd.DataFrame, writer: Writer) -> pd.DataFrame:
    """Return the truth about a statement that never came: every match that it would have told of."""
    terms = TERMS[writer.shop.platform]
    day = (part["done"] + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS
    due = (day + terms.days + 1) * rhythm.DAY_SECONDS - rhythm.SHANGHAI_OFFSET
    if terms.escrow and terms.tells_refunds == "amount":
        # Its orders do not tell when they were completed: what is missing is missed at the latest sixty days after it was paid.
        due = part["created"] + _MISSED_AFTER_S
    gross = part[["goods", "freight", "coupon"]].sum(axis=1)
    found = []
    for type_, what, minor in (
        ("receipt", (SETTLED,), gross),
        (terms.fee_type, (SETTLED, REFUNDED), part["fee"]),
        ("refund", (REFUNDED,), gross),
        ("compensation", (COMPENSATED,), gross * 0),
        ("freight", (SETTLED,), part["subsidy"] * 0),
        ("commission" if terms.fee_type == "fee" else "fee", (SETTLED,), part["extra"] * 0),
    ):
        chosen = part["what"].isin(what).to_numpy()
        frame = pd.DataFrame(
            {"key": part["key"], "type": TYPES.index(type_), "faults": BITS["lost_statement"], "minor": minor, "at": part["at"]}
        )
        frame["due"], frame["ambiguous"] = (
            np.maximum(due, np.where(part["what"] == REFUNDED, part["at"] + terms.days * rhythm.DAY_SECONDS, 0)),
            0,
        )
        found.append(frame[chosen])
    together = pd.concat(found, ignore_index=True).astype(np.int64)
    merged = together.groupby(["key", "type"], sort=True).agg(
        faults=("faults", "max"), minor=("minor", "sum"), at=("at", "max"), due=("due", "max"), ambiguous=("ambiguous", "max")
    )
    merged = merged.reset_index()[list(money_faults.TRUTH_COLUMNS)]
    payouts = part[part["what"] == PAID_OUT]
    drawn = pd.DataFrame(
        {"key": payouts["payout"], "type": TYPES.index("payout"), "faults": BITS["lost_statement"], "minor": payouts["minor"]}
    )
    return pd.concat([merged, drawn.assign(at=payouts["at"], due=0, ambiguous=0)], ignore_index=True)


def _marked(lines: pd.DataFrame, lost: Sequence[Period]) -> pd.DataFrame:
    marks = [any(span.first_day <= day < span.until_day for span in lost) for day in lines["payout_day"].tolist()]
    return lines.assign(lost=np.array(marks, dtype=np.int64))


def _parted(lines: pd.DataFrame, until_day: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    booked = lines["day"] < until_day
    return lines[~booked].reset_index(drop=True), lines[booked].reset_index(drop=True)


def _write_bank(
    booked: pd.DataFrame, balances: Sequence[int], spans: Sequence[Period], told: _Told, platforms: Mapping[int, str]
) -> list[int]:
    """Write the statements of the banks; returns their balances."""
    lines, after = purses.merged(booked, platforms=platforms), list(balances)
    for account in range(len(bank.ACCOUNTS)):
        for span in spans:
            part = lines[(lines["account"] == account) & (lines["day"] >= span.first_day) & (lines["day"] < span.until_day)]
            if not len(part):
                continue
            file = bank.statement(account, part.reset_index(drop=True), opening_minor=after[account], platforms=platforms, period=span)
            told.files.append((file, rhythm.midnight(span.until_day) - 1))
            after[account] += int(part["minor"].sum())
    lost = lines[lines["lost"] > 0]
    number = [purses.payout_number(shop, day) for shop, day in zip(lost["shop"].tolist(), lost["last_day"].tolist(), strict=True)]
    truth = pd.DataFrame({"key": np.array(number, dtype=np.int64), "type": TYPES.index("payout"), "faults": BITS["lost_statement"]})
    told.truth.append(
        truth.assign(
            minor=-lost["minor"].to_numpy(), at=rhythm.midnight(0) + lost["day"].to_numpy() * rhythm.DAY_SECONDS, due=0, ambiguous=0
        )
    )
    return after
