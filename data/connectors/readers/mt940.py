"""What does an MT940 statement or an MT942 report say?

The library gives lines up to where it stops understanding, and says nothing: so the lines are counted, and each message must be whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import mt940

from data.connectors.readers.archive import Entry
from data.connectors.readers.bank_file import Balance, BankFile, BankRecord, Chain, Collected, carried, content_of, plain
from data.connectors.readers.reading import StatedStatement
from data.connectors.readers.unreadable import UnreadableFile
from models.findings import Finding

_TAG = r"(?m)^:(?:20|25|28C?|60[FM]|61|62[FM]):"
_MESSAGE = re.compile(r"(?m)^:20:")
_LINE = re.compile(r"(?m)^:61:")
# A dash on a line of its own ends a message; what follows it, up to the next, belongs to none.
_END = re.compile(r"(?m)^-\}?[^\S\n]*$")
_OPTIONS = mt940.Options(reversal_sign=True, case_insensitive_marks=True, unbounded_details=True, merge_keeps_values=True)
_OPENING = ("final_opening_balance", "intermediate_opening_balance")
_CLOSING = ("final_closing_balance", "intermediate_closing_balance")
_WORDS = ("extra_details", "transaction_details", "posting_text", "purpose", "additional_purpose", "end_to_end_reference")
_NAMES = ("applicant_name", "recipient_name")


def is_mt940(head: bytes) -> bool:
    """Say whether the beginning of a file holds a field of such a message."""
    return re.search(_TAG, _text(head)) is not None


def read_mt940(entry: Entry) -> BankFile:
    """Read every message of a file; UnreadableFile where one is not whole, or the library gives other lines than there are."""
    text = _text(content_of(entry))
    found = Collected()
    refused: list[Finding] = []
    number = 0
    for section, message in enumerate(_messages(text, name=entry.name)):
        stated, lines = _statement(message.body, section=section, first=number + 1, name=entry.name)
        found.add(stated, lines)
        number += len(lines)
        refused += [Finding(number + place, ":61:", "outside_statement") for place in range(1, message.strays + 1)]
        number += message.strays
    return BankFile(tuple(found.statements), tuple(found.records), tuple(refused))


@dataclass(frozen=True)
class _Message:
    body: str
    strays: int


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _messages(text: str, *, name: str) -> Iterator[_Message]:
    """Cut a file at its messages, out of the envelopes in which some banks wrap them."""
    starts = [found.start() for found in _MESSAGE.finditer(text)]
    if not starts or _LINE.search(text[: starts[0]]):
        raise UnreadableFile("no_statement", name)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        whole = text[start:end]
        ended = _END.search(whole)
        body, after = (whole[: ended.start()], whole[ended.end() :]) if ended else (whole, "")
        yield _Message(body, len(_LINE.findall(after)))


def _statement(body: str, *, section: int, first: int, name: str) -> tuple[StatedStatement, list[BankRecord]]:
    parsed = mt940.models.Transactions(options=_OPTIONS)
    try:
        parsed.parse(body)
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as problem:
        raise UnreadableFile("broken_statement", str(problem)[:80]) from problem
    lines = [each for each in parsed if each.data]
    if len(lines) != len(_LINE.findall(body)):
        raise UnreadableFile("lines_lost", f"{len(_LINE.findall(body))} ≠ {len(lines)}")
    data = parsed.data
    opening, closing = (_balance(data, names) for names in (_OPENING, _CLOSING))
    is_report = re.search(r"(?m)^:(?:34F|13D?|90[CD]):", body) is not None and opening is None and closing is None
    if not is_report and (opening is None or closing is None):
        raise UnreadableFile("no_statement", name)
    account = str(data.get("account_identification") or "").strip()
    currency = opening.currency if opening else _report_currency(body)
    running = opening.amount if opening else None
    moved = Decimal(0)
    records = []
    for number, line in enumerate(lines, start=first):
        signed = line.data["amount"].amount
        moved += signed
        running = carried(running, signed, currency=currency)
        records.append(_record(line.data, number=number, section=section, account=account, currency=currency, balance=running))
    number_said = "/".join(str(part) for part in (data.get("statement_number"), data.get("sequence_number")) if part)
    days = [record.booked for record in records]
    begins, ends = _day_start(opening.on if opening else None, days[:1]), _day_end(closing.on if closing else None, days[-1:])
    chain = Chain(opening, closing, currency, moved, foreign=False)
    return chain.stated(section, account=account, number=number_said, begins=begins, ends=ends), records


def _record(data: dict[str, Any], *, number: int, section: int, account: str, currency: str, balance: Decimal | None) -> BankRecord:
    signed: Decimal = data["amount"].amount
    valued = data.get("date")
    booked = data.get("guessed_entry_date") or data.get("entry_date") or valued
    references = [str(data.get(name) or "").strip() for name in ("customer_reference", "bank_reference")]
    customer, bank = ("" if each.upper() in ("NONREF", "NOTPROVIDED") else each for each in references)
    return BankRecord(
        number=number,
        section=section,
        account=account,
        currency=currency,
        booked=booked.isoformat()[:10] if booked else "",
        valued=valued.isoformat()[:10] if valued else "",
        amount=plain(abs(signed)),
        direction="DBIT" if signed < 0 else "CRDT",
        reference=customer,
        bank_reference=bank,
        counterparty=" ".join(str(data[name]).strip() for name in _NAMES if data.get(name)),
        text=" ".join(" ".join(str(data[name]).split()) for name in _WORDS if data.get(name)),
        code=str(data.get("transaction_code") or data.get("id") or ""),
        balance="" if balance is None else plain(balance),
    )


def _balance(data: dict[str, Any], names: tuple[str, ...]) -> Balance | None:
    found = next((data[name] for name in names if data.get(name) is not None), None)
    if found is None or found.amount is None:
        return None
    return Balance(found.amount.amount, found.amount.currency or "", found.date)


def _report_currency(body: str) -> str:
    found = re.search(r"(?m)^:(?:34F:([A-Z]{3})|90[CD]:\d+([A-Z]{3}))", body)
    return (found[1] or found[2]) if found else ""


def _day_start(on: date | datetime | None, booked: list[str]) -> datetime | None:
    day = on or (date.fromisoformat(booked[0]) if booked and booked[0] else None)
    return datetime.combine(day, time.min, tzinfo=UTC) if day else None


def _day_end(on: date | datetime | None, booked: list[str]) -> datetime | None:
    day = on or (date.fromisoformat(booked[0]) if booked and booked[0] else None)
    return datetime.combine(day, time.max, tzinfo=UTC) if day else None
