"""What does a bank's own message hold, whichever format it is written in: its statements, and one record a line?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Literal

from babel.numbers import get_currency_precision

from data.connectors.readers.archive import Entry
from data.connectors.readers.reading import StatedStatement
from data.connectors.readers.unreadable import UnreadableFile
from models.findings import Finding

Format = Literal["camt", "mt940"]

# The messages of a month of a large account are a few megabytes; they are parsed as a whole.
MAX_BYTES = 64 << 20
# As long as a number may be.
OWN_CHARACTERS = 64


@dataclass(frozen=True)
class BankRecord:
    """One line of an account: amounts as plain figures, days as the bank writes them, ``direction`` CRDT or DBIT."""

    number: int
    section: int
    account: str
    currency: str
    booked: str
    valued: str
    amount: str
    direction: str
    status: str = "BOOK"
    reference: str = ""
    bank_reference: str = ""
    counterparty: str = ""
    text: str = ""
    code: str = ""
    balance: str = ""
    parts_total: str = ""
    repeated: bool = False

    def as_record(self) -> dict[str, str | None]:
        """Write it as a JSON record; empty is missing."""
        values = {name: value or None for name, value in self.__dict__.items() if name not in ("number", "section", "repeated")}
        return {"_section": str(self.section), "_repeated": "true" if self.repeated else None, "own": self.own or None, **values}

    @property
    def own(self) -> str:
        """The bank's reference with day and amount, for a batch of lines may share one; empty where the bank gives none."""
        if not self.bank_reference:
            return ""
        try:
            amount = plain(Decimal(self.amount).normalize())
        except InvalidOperation:
            amount = self.amount
        whole = f"{self.bank_reference}|{self.booked}|{'-' if self.direction == 'DBIT' else ''}{amount}"
        return whole if len(whole) <= OWN_CHARACTERS else blake2b(whole.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class BankFile:
    """A bank's file, read: its statements and their lines; ``refused`` are lines that belong to none."""

    statements: tuple[StatedStatement, ...]
    records: tuple[BankRecord, ...]
    refused: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Balance:
    """A balance of an account at the start or end of a statement."""

    amount: Decimal
    currency: str
    on: date | datetime | None = None


@dataclass(frozen=True)
class Chain:
    """Opening and closing of one statement, and what its booked lines moved in the account's currency."""

    opening: Balance | None
    closing: Balance | None
    currency: str
    moved: Decimal
    foreign: bool

    def stated(self, section: int, *, account: str, number: str, begins: datetime | None, ends: datetime | None) -> StatedStatement:
        """Judge the chain: balances or lines in different currencies are not compared."""
        opening, closing = (_minor(balance, self.currency) for balance in (self.opening, self.closing))
        comparable = opening is not None and closing is not None and not self.foreign
        computed = None
        if comparable and self.opening is not None:
            computed = _minor(Balance(self.opening.amount + self.moved, self.currency), self.currency)
        proven = computed == closing if comparable else None
        return StatedStatement(section, account, self.currency, begins, ends, opening, closing, computed, proven, number)


def _minor(balance: Balance | None, currency: str) -> int | None:
    if balance is None or balance.currency != currency:
        return None
    minor = balance.amount.scaleb(get_currency_precision(currency))
    return int(minor) if minor == minor.to_integral_value() and abs(minor) < 10**18 else None


def carried(balance: Decimal | None, signed: Decimal | None, *, currency: str) -> Decimal | None:
    """Carry a balance over one line; it is lost where the line has no amount, or more decimals than the currency."""
    after = None if balance is None or signed is None else balance + signed
    return after if after is not None and _minor(Balance(after, currency), currency) is not None else None


def plain(amount: Decimal) -> str:
    """Write an amount as plain digits.

    >>> plain(Decimal("1E+2")), plain(Decimal("-0.50"))
    ('100', '-0.50')
    """
    return format(amount, "f")


@dataclass
class Collected:
    """The statements of a file while it is read; one that stands in it a second time, word for word, is not counted again."""

    statements: list[StatedStatement] = field(default_factory=list)
    records: list[BankRecord] = field(default_factory=list)
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def add(self, stated: StatedStatement, lines: Sequence[BankRecord]) -> None:
        """Take one statement with its lines."""
        said = (stated.number, stated.account, stated.opening_minor, stated.closing_minor, stated.begins, stated.ends)
        key = (*said, *((line.booked, line.amount, line.direction, line.bank_reference, line.text) for line in lines))
        if key in self._seen:
            self.records += [replace(line, repeated=True) for line in lines]
            return
        self._seen.add(key)
        self.records += lines
        self.statements.append(stated)


def content_of(entry: Entry) -> bytes:
    """Read a message whole; UnreadableFile beyond the limit."""
    with entry.open() as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UnreadableFile("too_large", entry.name)
    return content
