"""Which line of the bank is the money of which payout: by what the bank quotes, by amount and date, or as several paid at once (A7)?

Every payout and every bank line ends in exactly one group. A search for several is bounded, and takes only what is the one answer.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Literal, TypeVar

from models.reconciliation.rules import MOST_CANDIDATES, MOST_MERGED, MOST_REGROUPED, MOST_REGROUPED_CANDIDATES, PAYOUT_WINDOW_DAYS

T = TypeVar("T")
Via = Literal["reference", "amount", "merged", "regrouped", "exchanged", "less_fee", "alone"]

# What a bank keeps for itself of a payout: at most so much, and so large a part.
MOST_BANK_FEE_MINOR, MOST_BANK_FEE_SHARE = 10_000, 0.02
# Shorter numbers stand in too many texts.
_LEAST_SIGNS = 6
_AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?")
_TOKEN = re.compile(r"[0-9A-Za-z_\-:.]+")


@dataclass(frozen=True)
class Payout:
    """Money that left a platform: one withdrawal, or the lines of one batch."""

    key: str
    shop_id: str
    currency: str
    amount_minor: int
    day: date
    reference: str
    digits: int = 2

    @property
    def major(self) -> str:
        """Return the amount as a text quotes it: 1234.56."""
        return str(Decimal(self.amount_minor).scaleb(-self.digits))


@dataclass(frozen=True)
class BankLine:
    """A booked line of the bank; ``texts`` are what it quotes, among them the amount before an exchange."""

    key: str
    shop_id: str | None
    currency: str
    amount_minor: int
    day: date
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Payouts and bank lines that are the same money."""

    payouts: tuple[Payout, ...]
    lines: tuple[BankLine, ...]
    via: Via

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies it is in: two where the bank has exchanged it."""
        return tuple(dict.fromkeys([*(each.currency for each in self.payouts), *(each.currency for each in self.lines)]))


def grouped(payouts: Iterable[Payout], lines: Iterable[BankLine]) -> list[Group]:
    """Return every payout and line in exactly one group; the same input in any order gives the same groups.

    >>> day = date(2026, 11, 2)
    >>> paid = [Payout("a", "s", "CNY", 700, day, "PO-000001"), Payout("b", "s", "CNY", 300, day, "PO-000002")]
    >>> [(group.via, len(group.payouts)) for group in grouped(paid, [BankLine("1", None, "CNY", 1000, day)])]
    [('merged', 2)]
    """
    left = _Left(sorted(payouts, key=lambda p: (p.day, p.shop_id, p.key)), sorted(lines, key=lambda line: (line.day, line.key)))
    found = [*_by_reference(left), *_by_amount(left), *_merged(left), *_split(left), *_regrouped(left), *_exchanged(left), *_less_fee(left)]
    found += [Group((payout,), (), "alone") for payout in left.payouts]
    return [*_whole(found), *(Group((), (line,), "alone") for line in left.lines)]


def _whole(groups: list[Group]) -> list[Group]:
    """Put together again what is one payout in several currencies."""
    of: dict[tuple[str, str], Group] = {}
    for group in groups:
        names = {(payout.shop_id, payout.reference) for payout in group.payouts}
        for other in {id(of[name]): of[name] for name in sorted(names) if name in of}.values():
            via = other.via if group.via == "alone" else group.via
            group = Group((*other.payouts, *group.payouts), (*other.lines, *group.lines), via)
        for payout in group.payouts:
            of[payout.shop_id, payout.reference] = group
    return list({id(group): group for group in of.values()}.values())


class _Left:
    """What has found no partner yet, in order."""

    def __init__(self, payouts: list[Payout], lines: list[BankLine]) -> None:
        self.payouts, self.lines = payouts, lines

    def take(self, payouts: Sequence[Payout], lines: Sequence[BankLine], via: Via) -> Group:
        taken, gone = {each.key for each in payouts}, {each.key for each in lines}
        self.payouts = [each for each in self.payouts if each.key not in taken]
        self.lines = [each for each in self.lines if each.key not in gone]
        return Group(tuple(payouts), tuple(lines), via)


def _by_reference(left: _Left) -> Iterable[Group]:
    """Group what quotes one another, whatever the amounts: several lines may quote one payout, one line several."""
    named: dict[str, list[Payout]] = defaultdict(list)
    for payout in left.payouts:
        if len(payout.reference) >= _LEAST_SIGNS:
            named[payout.reference.lower()].append(payout)
    quoted: dict[str, list[Payout]] = {}
    for line in left.lines:
        texts = {text.strip().lower() for text in line.texts}
        tokens = texts | {token for text in texts for token in _TOKEN.findall(text)}
        found = {p.key: p for token in tokens for p in named.get(token, ()) if line.shop_id in (None, p.shop_id)}
        if found:
            quoted[line.key] = list(found.values())
    _tell_shops_apart(left.lines, quoted)
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for line_key, quotes in quoted.items():
        for payout in quotes:
            root[find(f"p{payout.key}")] = find(f"l{line_key}")
    together: dict[str, tuple[list[Payout], list[BankLine]]] = defaultdict(lambda: ([], []))
    for payout in left.payouts:
        if f"p{payout.key}" in root:
            together[find(f"p{payout.key}")][0].append(payout)
    for line in left.lines:
        if f"l{line.key}" in root:
            together[find(f"l{line.key}")][1].append(line)
    return [left.take(paid, booked, "reference") for paid, booked in together.values()]


def _tell_shops_apart(lines: Iterable[BankLine], quoted: dict[str, list[Payout]]) -> None:
    """Where payouts of several shops bear the one reference that a line quotes, let it quote the shop's whose amount it is.

    JD words the remark of a payout by its day alone, the same for all shops.
    """
    shared = [line for line in lines if len({p.shop_id for p in quoted.get(line.key, ())}) > 1]
    shared = [line for line in shared if len({p.reference.lower() for p in quoted[line.key]}) == 1]
    found: set[str] = set()
    for line in shared:
        of_shop: dict[str, list[Payout]] = defaultdict(list)
        for payout in quoted[line.key]:
            of_shop[payout.shop_id].append(payout)
        for own in of_shop.values():
            whole = sum(payout.amount_minor for payout in own if payout.currency == line.currency)
            if whole == line.amount_minor and not found & {payout.key for payout in own}:
                found |= {payout.key for payout in own}
                quoted[line.key] = own
                break
    for line in shared:
        others = [payout for payout in quoted[line.key] if payout.key not in found]
        if others:
            quoted[line.key] = others


def _in_time(payout: Payout, line: BankLine) -> bool:
    return 0 <= (line.day - payout.day).days <= PAYOUT_WINDOW_DAYS and line.shop_id in (None, payout.shop_id)


def _near(payout: Payout, line: BankLine) -> bool:
    return payout.currency == line.currency and _in_time(payout, line)


def _pairs(left: _Left, fits: Callable[[Payout, BankLine], bool]) -> list[tuple[Payout, BankLine]]:
    by_day: dict[tuple[str, date], list[BankLine]] = defaultdict(list)
    for line in left.lines:
        if line.amount_minor > 0:
            by_day[line.currency, line.day].append(line)
    days = {day for _, day in by_day}
    return [
        (payout, line)
        for payout in left.payouts
        for day in days
        if 0 <= (day - payout.day).days <= PAYOUT_WINDOW_DAYS
        for line in by_day.get((payout.currency, day), ())
        if _near(payout, line) and fits(payout, line)
    ]


def _by_amount(left: _Left) -> Iterable[Group]:
    """Pair equal amounts, those closest in time first, so that as many as can be have a partner."""
    pairs = _pairs(left, lambda payout, line: payout.amount_minor == line.amount_minor)
    pairs.sort(key=lambda pair: ((pair[1].day - pair[0].day).days, pair[0].day, pair[0].shop_id, pair[0].key, pair[1].key))
    return [left.take([payout], [line], "amount") for payout, line in _most(pairs)]


def _most(pairs: Sequence[tuple[Payout, BankLine]]) -> list[tuple[Payout, BankLine]]:
    """Choose pairs, the first ones first, and pair anew where a payout without a line could have one that another can do without.

    >>> first, last = (Payout(f"{n}.", "s", "CNY", 500, date(2026, 10, n), f"{n}.") for n in (1, 8))
    >>> soon, late = (BankLine(f"{n}.", None, "CNY", 500, date(2026, 10, n)) for n in (8, 9))
    >>> [(payout.key, line.key) for payout, line in _most([(last, soon), (last, late), (first, soon)])]
    [('1.', '8.'), ('8.', '9.')]
    """
    options: dict[Payout, list[BankLine]] = defaultdict(list)
    for payout, line in pairs:
        options[payout].append(line)
    paid: dict[BankLine, Payout] = {}
    without = dict.fromkeys(options)
    for payout, line in pairs:
        if payout in without and line not in paid:
            paid[line] = payout
            del without[payout]
    for payout in without:
        _pair_anew(payout, options, paid)
    return sorted(((payout, line) for line, payout in paid.items()), key=lambda pair: (pair[0].day, pair[0].key))


def _pair_anew(payout: Payout, options: Mapping[Payout, Sequence[BankLine]], paid: dict[BankLine, Payout]) -> None:
    """Find a line for a payout by handing its lines on from payout to payout, where that ends at a line that is free."""
    wanted_by: dict[BankLine, Payout] = {}
    asking = deque([payout])
    while asking:
        asked = asking.popleft()
        for line in options[asked]:
            if line in wanted_by:
                continue
            wanted_by[line] = asked
            if line in paid:
                asking.append(paid[line])
                continue
            free: BankLine | None = line
            while free is not None:
                taker = wanted_by[free]
                given_up = next((each for each, owner in paid.items() if owner == taker), None)
                paid[free] = taker
                free = given_up
            return


def _merged(left: _Left) -> Iterable[Group]:
    """Find payouts that one bank line pays together."""
    found = []
    for line in list(left.lines):
        near = [payout for payout in left.payouts if line.amount_minor > 0 and payout.amount_minor > 0 and _near(payout, line)]
        near.sort(key=lambda payout: payout.day, reverse=True)
        chosen = _one_sum(near, [payout.amount_minor for payout in near], line.amount_minor)
        if chosen:
            found.append(left.take(chosen, [line], "merged"))
    return found


def _split(left: _Left) -> Iterable[Group]:
    """Find bank lines that pay one payout in parts."""
    found = []
    for payout in list(left.payouts):
        near = [line for line in left.lines if line.amount_minor > 0 and _near(payout, line)]
        chosen = _one_sum(near, [line.amount_minor for line in near], payout.amount_minor)
        if chosen:
            found.append(left.take([payout], chosen, "merged"))
    return found


def _regrouped(left: _Left) -> Iterable[Group]:
    """Find payouts of one shop that several bank lines pay together, none of them the money of one alone (n:m)."""
    found = []
    for payout in list(left.payouts):
        if payout not in left.payouts or payout.amount_minor <= 0:
            continue
        lines = [line for line in left.lines if line.amount_minor > 0 and _near(payout, line)][:MOST_REGROUPED_CANDIDATES]
        mates = [
            other
            for other in left.payouts
            if other.shop_id == payout.shop_id and other.amount_minor > 0 and any(_near(other, line) for line in lines)
        ]
        chosen = _one_regrouping(payout, [other for other in mates if other.key != payout.key][: MOST_REGROUPED_CANDIDATES - 1], lines)
        if chosen:
            found.append(left.take(*chosen, "regrouped"))
    return found


def _one_regrouping(payout: Payout, mates: Sequence[Payout], lines: Sequence[BankLine]) -> tuple[list[Payout], list[BankLine]] | None:
    """Return the one smallest set of this payout and others that comes to a set of lines, all in time; none where there are several."""
    booked: dict[int, list[tuple[BankLine, ...]]] = defaultdict(list)
    for size in range(2, MOST_REGROUPED + 1):
        for some in combinations(lines, size):
            booked[sum(line.amount_minor for line in some)].append(some)
    fits = [
        ([payout, *others], list(some))
        for size in range(1, MOST_REGROUPED)
        for others in combinations(mates, size)
        for some in booked.get(payout.amount_minor + sum(other.amount_minor for other in others), ())
        if all(_near(each, line) for each in (payout, *others) for line in some)
    ]
    least = min((len(paid) + len(some) for paid, some in fits), default=0)
    smallest = [fit for fit in fits if len(fit[0]) + len(fit[1]) == least]
    return smallest[0] if len(smallest) == 1 else None


def _exchanged(left: _Left) -> Iterable[Group]:
    """Pair what arrived in another currency with the one payout whose amount the bank quotes."""
    found = []
    for line in list(left.lines):
        quoted = {token.replace(",", "") for text in line.texts for token in _AMOUNT.findall(text)}
        fits = [
            payout
            for payout in left.payouts
            if line.amount_minor > 0 and payout.currency != line.currency and payout.major in quoted and _in_time(payout, line)
        ]
        if len(fits) == 1:
            found.append(left.take(fits, [line], "exchanged"))
    return found


def _less_fee(left: _Left) -> Iterable[Group]:
    """Pair what reached the bank less a small fee, where each is the other's only candidate."""

    def fits(payout: Payout, line: BankLine) -> bool:
        kept = payout.amount_minor - line.amount_minor
        return 0 < kept <= min(MOST_BANK_FEE_MINOR, payout.amount_minor * MOST_BANK_FEE_SHARE)

    pairs = _pairs(left, fits)
    seen: dict[str, int] = defaultdict(int)
    for payout, line in pairs:
        seen[f"p{payout.key}"] += 1
        seen[f"l{line.key}"] += 1
    alone = [pair for pair in pairs if seen[f"p{pair[0].key}"] == seen[f"l{pair[1].key}"] == 1]
    return [left.take([payout], [line], "less_fee") for payout, line in alone]


def _one_sum(items: Sequence[T], amounts: Sequence[int], target: int) -> list[T]:
    """Return the one smallest set of two or more items, nearest first, that sums to the target; none where there are several."""
    places = range(min(len(items), MOST_CANDIDATES))
    if target <= 0 or sum(amounts[place] for place in places) < target:
        return []
    for size in range(2, min(MOST_MERGED, len(places)) + 1):
        sums = [chosen for chosen in combinations(places, size) if sum(amounts[place] for place in chosen) == target]
        if sums:
            return [items[place] for place in sums[0]] if len(sums) == 1 else []
    return []
