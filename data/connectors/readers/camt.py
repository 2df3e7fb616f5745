"""What does a camt.052, 053 or 054 say, in any of its versions?

Names are compared without their namespace, for the versions differ in it and some banks leave it out. Entities, document types and
the network are never touched: a file that declares any is refused.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from lxml import etree

from data.connectors.readers.archive import Entry
from data.connectors.readers.bank_file import Balance, BankFile, BankRecord, Chain, Collected, carried, content_of, plain
from data.connectors.readers.reading import StatedStatement
from data.connectors.readers.unreadable import UnreadableFile

# The statement of a day, the report within it, the notification of single entries; and what each holds.
MESSAGES = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}
_HEAD = re.compile("|".join(MESSAGES))
_DECLARES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TEXT_CHARACTERS = 2000


def is_camt(start: str) -> bool:
    """Say whether the beginning of a text is that of such a message, or of XML that would declare entities."""
    return _HEAD.search(start) is not None or "iso:20022:tech:xsd:camt" in start


def declares_entities(start: str) -> bool:
    """Say whether XML declares a document type, other than that of a web page."""
    found = _DECLARES.search(start)
    return found is not None and not re.match(r"<!DOCTYPE\s+html", start[found.start() :], re.IGNORECASE)


def read_camt(entry: Entry) -> BankFile:
    """Read a message whole; UnreadableFile where it is broken, declares entities or holds no statement."""
    content = content_of(entry)
    if _DECLARES.search(content.decode("latin-1").replace("\0", "")):
        raise UnreadableFile("entities")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.parse(io.BytesIO(content), parser).getroot()
    except etree.XMLSyntaxError as problem:
        raise UnreadableFile("damaged", str(problem)[:120]) from problem
    found = Collected()
    for section, element in enumerate(_statements(root)):
        found.add(*_statement(element, section=section, first=len(found.records) + 1))
    if not found.statements:
        raise UnreadableFile("no_statement", entry.name)
    return BankFile(tuple(found.statements), tuple(found.records))


def _statements(root: etree._Element) -> Iterator[etree._Element]:
    for message in root.iter():
        if (inner := MESSAGES.get(_name(message))) is not None:
            yield from _children(message, inner)


def _statement(element: etree._Element, *, section: int, first: int) -> tuple[StatedStatement, list[BankRecord]]:
    account = _first(element, "Acct/Id/IBAN") or _first(element, "Acct/Id/Othr/Id") or _first(element, "Acct/Id/PrtryAcct/Id")
    balances = _balances(element)
    opening, closing = balances.get("OPBD") or balances.get("PRCD"), balances.get("CLBD")
    entries = list(_children(element, "Ntry"))
    currencies = [each.currency for each in (opening, closing) if each is not None]
    currency = _first(element, "Acct/Ccy") or next(iter(currencies), "") or next((_currency(entry) for entry in entries), "")
    day = _day(closing.on if closing else None) or _first(element, "CreDtTm")[:10]
    lines: list[BankRecord] = []
    running = opening.amount if opening is not None and opening.currency == currency else None
    moved, foreign = Decimal(0), False
    for number, entry in enumerate(entries, start=first):
        line, signed = _line(entry, number=number, section=section, account=account, day=day, currency=currency)
        if line.status == "BOOK":
            foreign |= line.currency != currency or signed is None
            moved += signed or 0
            running = None if foreign else carried(running, signed, currency=currency)
            line = replace(line, balance="" if running is None else plain(running))
        lines.append(line)
    chain = Chain(opening, closing, currency, moved, foreign)
    begins = _instant(_first(element, "FrToDt/FrDtTm")) or _start(opening)
    ends = _instant(_first(element, "FrToDt/ToDtTm")) or _end(closing)
    return chain.stated(section, account=account, number=_first(element, "Id"), begins=begins, ends=ends), lines


def _balances(element: etree._Element) -> dict[str, Balance]:
    found: dict[str, Balance] = {}
    for balance in _children(element, "Bal"):
        kind = _first(balance, "Tp/CdOrPrtry/Cd") or _first(balance, "Tp/Cd")
        amount = _amount(balance)
        if kind and amount is not None:
            on = _first(balance, "Dt/Dt") or _first(balance, "Dt/DtTm")
            found.setdefault(kind, Balance(amount, _currency(balance), _instant(on)))
    return found


def _line(entry: etree._Element, *, number: int, section: int, account: str, day: str, currency: str) -> tuple[BankRecord, Decimal | None]:
    """Read one entry; a batch is one line, which the bank books at once."""
    details = [each for group in _children(entry, "NtryDtls") for each in _children(group, "TxDtls")]
    direction = _first(entry, "CdtDbtInd")
    booked = _first(entry, "BookgDt/Dt") or _first(entry, "BookgDt/DtTm")
    valued = _first(entry, "ValDt/Dt") or _first(entry, "ValDt/DtTm")
    party = "Dbtr" if direction == "CRDT" else "Cdtr"
    record = BankRecord(
        number=number,
        section=section,
        account=account,
        currency=_currency(entry) or currency,
        booked=(booked or valued or day)[:10],
        valued=valued[:10],
        amount=_first(entry, "Amt"),
        direction=direction,
        status=_first(entry, "Sts/Cd") or _first(entry, "Sts") or "BOOK",
        reference=_reference(details),
        bank_reference=_first(entry, "AcctSvcrRef"),
        counterparty=next((name for each in details if (name := _party(each, party))), ""),
        text=_text(entry, details),
        code=_code(entry),
        parts_total=_parts_total(details, direction=direction, currency=_currency(entry)),
    )
    return record, _amount(entry)


def _reference(details: list[etree._Element]) -> str:
    wanted = ("EndToEndId", "PmtInfId", "InstrId", "TxId", "MsgId", "MndtId")
    found = [_first(each, f"Refs/{name}") for name in wanted for each in details]
    return next((text for text in found if text and text.upper() not in ("NOTPROVIDED", "NONREF")), "")


def _party(details: etree._Element, name: str) -> str:
    return _first(details, f"RltdPties/{name}/Nm") or _first(details, f"RltdPties/{name}/Pty/Nm")


def _text(entry: etree._Element, details: list[etree._Element]) -> str:
    """Put all free text and references of an entry together: what of it may be kept is decided where it is mapped."""
    found = [_first(entry, "AddtlNtryInf"), *(_first(group, "Btch/PmtInfId") for group in _children(entry, "NtryDtls"))]
    for each in details:
        found += [_said(node) for group in _children(each, "RmtInf") for node in _children(group, "Ustrd")]
        found += [_said(node) for group in _children(each, "RmtInf") for node in group.iter() if _name(node) == "Ref"]
        found += [_said(node) for group in _children(each, "Refs") for node in group if len(node) == 0]
        found.append(_first(each, "AddtlTxInf"))
    return " ".join(dict.fromkeys(text for text in found if text))[:_TEXT_CHARACTERS]


def _code(entry: etree._Element) -> str:
    domain = [_first(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(part for part in domain if part) or _first(entry, "BkTxCd/Prtry/Cd")


def _parts_total(details: list[etree._Element], *, direction: str, currency: str) -> str:
    """Add up the transactions of a batch; nothing where one of them has no amount, or another currency."""
    total = Decimal(0)
    for each in details:
        own = _node(each, "Amt")
        node = own if own is not None else _node(each, "AmtDtls/TxAmt/Amt")
        amount = None if node is None or node.get("Ccy", currency) != currency else _decimal(_said(node))
        if amount is None:
            return ""
        way = _first(each, "CdtDbtInd") or direction
        total += amount if way == direction else -amount
    return plain(total) if len(details) > 1 else ""


# ---------------------------------------------------------------- walking


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if _name(child) == name)


def _node(element: etree._Element, path: str) -> etree._Element | None:
    found: etree._Element | None = element
    for name in path.split("/"):
        found = next(_children(found, name), None) if found is not None else None
    return found


def _first(element: etree._Element, path: str) -> str:
    node = _node(element, path)
    return _said(node) if node is not None else ""


def _said(element: etree._Element) -> str:
    return (element.text or "").strip()


def _currency(element: etree._Element) -> str:
    node = _node(element, "Amt")
    return node.get("Ccy", "") if node is not None else ""


def _amount(element: etree._Element) -> Decimal | None:
    """Give a signed amount: what is credited is the account owner's."""
    size = _decimal(_first(element, "Amt"))
    return None if size is None else size if _first(element, "CdtDbtInd") != "DBIT" else -size


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(on: date | datetime | None) -> str:
    return on.isoformat()[:10] if on is not None else ""


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _start(balance: Balance | None) -> datetime | None:
    return _at(balance, time.min)


def _end(balance: Balance | None) -> datetime | None:
    return _at(balance, time.max)


def _at(balance: Balance | None, clock: time) -> datetime | None:
    return None if balance is None or balance.on is None else datetime.combine(balance.on, clock, tzinfo=UTC)
