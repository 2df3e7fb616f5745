"""Which statements does a file hold, for which account and period, and do their balances follow from their lines?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.connectors import times
from data.connectors.entry_rows import EntryFile
from data.connectors.manifest import Manifest, Table
from data.connectors.readers.reading import StatedStatement
from data.connectors.texts import as_texts
from data.connectors.times import NEVER


@dataclass(frozen=True)
class Head:
    """What the lines above the header say of the whole file."""

    account: str = ""
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class StatementFound:
    """One statement of a file: whose, of which period, from which balance to which.

    ``computed_closing_minor`` is what the opening balance and the lines come to; ``balance_proven`` is missing where no chain is
    stated, or one whose balances stand in different currencies.
    """

    section: int
    account: str
    currency: str
    lines: int
    period_from: datetime | None = None
    period_to: datetime | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None
    computed_closing_minor: int | None = None
    balance_proven: bool | None = None
    number: str = ""
    shop_id: str = ""


def head_of(rows: Sequence[Sequence[str]], *, manifest: Manifest, table: Table, header_row: int) -> Head:
    """Read account and period from the lines above the header; an end without a time of day is the end of that day."""
    if table.entry is None:
        return Head()
    text = "\n".join(" ".join(cells) for cells in rows[: max(header_row - 1, 0)])
    patterns = table.entry.preamble
    account = re.search(patterns.account, text)
    begins, ends = (re.search(pattern, text) for pattern in (patterns.begins, patterns.ends))
    ends_at = _instant(ends[1], zone=manifest.zone) if ends else None
    if ends is not None and ends_at is not None and ":" not in ends[1]:
        ends_at += timedelta(days=1, microseconds=-1)
    return Head(account[1] if account else "", _instant(begins[1], zone=manifest.zone) if begins else None, ends_at)


def statements_of(file: EntryFile, *, head: Head, stated: Sequence[StatedStatement]) -> list[StatementFound]:
    """Give the statements of a file that has been read: those its reader found, else one a shop, account and currency of its rows."""
    if stated:
        return [_as_stated(each, file) for each in stated]
    return [_of_rows(key, file, head=head) for key in sorted(file.statements)]


def _of_rows(key: tuple[str, int, str, str], file: EntryFile, *, head: Head) -> StatementFound:
    shop_id, section, account, currency = key
    so_far = file.statements[key]
    found = so_far.chain.findings()
    return StatementFound(
        section,
        account,
        currency,
        so_far.rows,
        head.begins or _at(so_far.first),
        head.ends or _at(so_far.last),
        found.opening_minor if found else None,
        found.closing_minor if found else None,
        found.computed_closing_minor if found else None,
        found.proven if found else None,
        shop_id=shop_id,
    )


def _as_stated(each: StatedStatement, file: EntryFile) -> StatementFound:
    found = [so_far for (_, section, _, _), so_far in file.statements.items() if section == each.section]
    spans = [(so_far.first, so_far.last) for so_far in found if so_far.first != NEVER]
    begins = each.begins or (_at(min(first for first, _ in spans)) if spans else None)
    ends = each.ends or (_at(max(last for _, last in spans)) if spans else None)
    return StatementFound(
        each.section,
        each.account,
        each.currency,
        sum(so_far.rows for so_far in found),
        begins,
        ends,
        each.opening_minor,
        each.closing_minor,
        each.computed_closing_minor,
        each.balance_proven,
        each.number,
    )


def _instant(text: str, *, zone: str) -> datetime | None:
    parsed = times.time(as_texts([text]), zone=zone).values
    return _at(int(times.micros_of(parsed)[0]))


def _at(micros: int) -> datetime | None:
    if micros == NEVER:
        return None
    return datetime.fromtimestamp(micros // 1_000_000, tz=UTC).replace(microsecond=micros % 1_000_000)
