"""Why do two sides differ? Each label is a pure rule: which part of a difference it would account for, by which evidence (S21).

An explanation is one cause, or two that add up, to the minor unit. Where causes of different labels explain a difference equally well it
is *ambiguous*, and nobody but a person decides. What none explains is 未识别.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import combinations

from models.reconciliation.payouts import MOST_BANK_FEE_MINOR, MOST_BANK_FEE_SHARE
from models.reconciliation.rules import TAKEN_BACK, face_of
from models.reconciliation.types import class_of

# A converted amount that is farther from the other than this is another amount, not another rate.
MOST_EXCHANGE_SHARE = Decimal("0.05")
# Rates are agreed in steps of 0.05 %, and none is above a half.
RATE_STEP, MOST_RATE = Decimal("0.0005"), Decimal("0.5")

# How much an explanation is worth: a row that says so itself, a figure that fits to the minor unit, a figure that may fit by chance.
SAYS_SO, FITS, MAY_FIT = 3, 2, 1


@dataclass(frozen=True)
class Entry:
    """Money of our own order."""

    type: str
    match_type: str
    amount_minor: int
    currency: str
    bearer: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of a statement; ``key`` names it in the evidence."""

    key: str
    type: str
    amount_minor: int
    currency: str
    fee_minor: int | None = None
    flow_no: str | None = None
    waits: bool = False

    @property
    def face(self) -> str:
        """What it is matched as."""
        return _face(self.type, self.amount_minor < 0)


@cache
def _face(type_: str, negative: bool) -> str:
    return "refund" if negative and type_ in TAKEN_BACK else face_of(type_, class_of(type_))


@dataclass(frozen=True)
class Difference:
    """A match that does not agree, with all of its order's rows; ``rates`` are reporting units for one unit, by currency.

    ``late_days`` is by how much it was settled after it was due, 0 where it was in time. What left in one currency and arrived in
    another is two halves; ``other_minor`` is what the other one says.
    """

    type: str
    class_: str
    kind: str
    side: str
    currency: str
    internal_minor: int
    stated_minor: int
    bank_minor: int
    difference_minor: int
    entries: tuple[Entry, ...] = ()
    lines: tuple[Line, ...] = ()
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    digits: Mapping[str, int] = field(default_factory=dict)
    late_days: int = 0
    fee_base_minor: int | None = None
    other_currency: str = ""
    other_minor: int = 0

    own_entries: tuple[Entry, ...] = field(init=False, repr=False, compare=False)
    own_lines: tuple[Line, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Pick the entries and the settled lines of this match alone, which every rule asks for."""
        type_, currency = self.type, self.currency
        mine = [each for each in self.entries if each.match_type == type_ and each.currency == currency]
        settled = [each for each in self.lines if each.currency == currency and not each.waits and each.face == type_]
        object.__setattr__(self, "own_entries", tuple(mine))
        object.__setattr__(self, "own_lines", tuple(settled))

    def entry_sum(self, type_: str) -> int:
        """Sum the order's entries of a type in this currency."""
        return sum([each.amount_minor for each in self.entries if each.type == type_ and each.currency == self.currency])


Value = str | int | float | None
Evidence = tuple[tuple[str, Mapping[str, Value]], ...]


@dataclass(frozen=True)
class Cause:
    """What would account for ``amount_minor`` of a difference (internal - stated)."""

    label: str
    amount_minor: int
    evidence: Evidence
    worth: int


@dataclass(frozen=True)
class Explanation:
    """Why a match differs: the causes chosen, none where nothing explains it; ``others`` explain it too."""

    causes: tuple[Cause, ...] = ()
    ambiguous: bool = False
    others: tuple[tuple[Cause, ...], ...] = ()

    @property
    def label(self) -> str:
        """The label of the largest part, '' = 未识别."""
        return max(self.causes, key=lambda cause: abs(cause.amount_minor)).label if self.causes else ""

    @property
    def explained_minor(self) -> int:
        """How much is accounted for: nothing while it is ambiguous what by."""
        return 0 if self.ambiguous else sum(cause.amount_minor for cause in self.causes)


@dataclass(frozen=True)
class Label:
    """A reason, its names, and the rule that finds it; ``of`` are the match types it may be the reason of, none where of any."""

    key: str
    name_zh: str
    name_en: str
    causes: Callable[[Difference], Iterator[Cause]]
    of: tuple[str, ...] = ()


def explain(difference: Difference) -> Explanation:
    """Return what explains a difference best: one cause before two, what a row says before a figure that fits.

    >>> refund = Line("r1", "refund", -2000, "CNY")
    >>> found = explain(Difference("refund", "missing", "", "internal", "CNY", 0, -2000, 0, 2000, lines=(refund,)))
    >>> found.label, found.explained_minor, found.ambiguous
    ('refund_not_synced', 2000, False)
    """
    late = tuple(_cut_off(difference))
    if difference.kind == "time":
        return Explanation(late)
    found = [cause for causes in _asked(difference.type) for cause in causes(difference) if cause.evidence]
    wanted = difference.difference_minor
    whole: list[tuple[Cause, ...]] = [(cause,) for cause in found if cause.amount_minor == wanted]
    together: list[tuple[Cause, ...]] = []
    if not whole:
        together = [pair for pair in combinations(found, 2) if _adds_up(pair, wanted)]
    return _best(_distinct(whole or together), late)


@cache
def _asked(match_type: str) -> tuple[Callable[[Difference], Iterator[Cause]], ...]:
    """Return the rules that may explain amounts of a match type, in their order."""
    return tuple(label.causes for label in LABELS if label.key != "cut_off" and (not label.of or match_type in label.of))


def _adds_up(pair: tuple[Cause, ...], wanted: int) -> bool:
    """Say whether two causes explain a difference together; two ways to see one row are one cause."""
    first, second = pair
    return first.amount_minor + second.amount_minor == wanted and (first.label != second.label or first.evidence != second.evidence)


def _best(options: list[tuple[Cause, ...]], late: tuple[Cause, ...]) -> Explanation:
    if not options:
        return Explanation()
    if len(options) == 1:
        return Explanation((*options[0], *late))
    options.sort(key=_worth, reverse=True)
    best = [option for option in options if _worth(option) == _worth(options[0])]
    ambiguous = len({tuple(sorted(cause.label for cause in option)) for option in best}) > 1
    return Explanation((*options[0], *late), ambiguous, tuple(options[1:]))


def _worth(option: tuple[Cause, ...]) -> tuple[int, int]:
    return min(cause.worth for cause in option), sum(cause.worth for cause in option)


def _distinct(options: list[tuple[Cause, ...]]) -> list[tuple[Cause, ...]]:
    """Keep the best of the explanations with the same labels."""
    if len(options) < 2:
        return options
    best: dict[tuple[str, ...], tuple[Cause, ...]] = {}
    for option in options:
        labels = tuple(sorted(cause.label for cause in option))
        if labels not in best or _worth(option) > _worth(best[labels]):
            best[labels] = option
    return list(best.values())


def _refund_not_synced(d: Difference) -> Iterator[Cause]:
    """A refund on one side only, or one that only one side has taken off what was received."""
    refunded = d.entry_sum("refund")
    if d.type == "refund":
        rows = _lines(d.own_lines) or (("entry", {"type": "refund", "amount": refunded}),)
        yield Cause("refund_not_synced", d.difference_minor, rows, SAYS_SO if d.class_ == "missing" else MAY_FIT)
    if d.type == "receipt" and d.class_ == "partial" and refunded:
        told: Mapping[str, Value] = {"type": "refund", "amount": refunded}
        # taken off ours, not theirs; or the other way round
        yield Cause("refund_not_synced", refunded, (("entry", told),), FITS)
        yield Cause("refund_not_synced", -refunded, (("entry", told),), FITS)


def _discount_not_booked(d: Difference) -> Iterator[Cause]:
    """A coupon that one side counts and the other does not."""
    if d.type != "receipt" or d.class_ != "partial":
        return
    for line in d.own_lines:
        if class_of(line.type) == "discount" and line.amount_minor < 0:
            yield Cause("discount_not_booked", -line.amount_minor, (("line", _line(line)),), SAYS_SO)
    for entry in d.own_entries:
        if entry.type in ("discount", "subsidy"):
            told: Mapping[str, Value] = {"type": entry.type, "amount": entry.amount_minor, "bearer": entry.bearer}
            yield Cause("discount_not_booked", entry.amount_minor, (("entry", told),), FITS)
            yield Cause("discount_not_booked", -entry.amount_minor, (("entry", told),), FITS)


def _compensation_late(d: Difference) -> Iterator[Cause]:
    """Money for damage or loss that the books hear of from the statement alone; what buyers are paid for is no such money."""
    if d.type == "compensation" and d.own_lines and all(line.type == "logistics_compensation" for line in d.own_lines):
        yield Cause("compensation_late", d.difference_minor, _lines(d.own_lines), SAYS_SO)


def _commission_rate(d: Difference) -> Iterator[Cause]:
    """A share at another rate than the one agreed: one that could be agreed fits to the minor unit."""
    if d.type not in ("commission", "fee") or d.class_ != "partial" or not d.fee_base_minor:
        return
    stated, expected = -d.stated_minor, -d.internal_minor
    rate, agreed = Decimal(stated) / d.fee_base_minor, Decimal(expected) / d.fee_base_minor
    step = (rate / RATE_STEP).quantize(Decimal(1), ROUND_HALF_UP) * RATE_STEP
    if not 0 < rate <= MOST_RATE:
        return
    # without one of its lines it would agree: then that line is the cause, not the rate
    spare = any(abs(d.internal_minor - d.stated_minor + line.amount_minor) <= 1 for line in d.own_lines) and len(d.own_lines) > 1
    exact = not spare and abs(int((step * d.fee_base_minor).quantize(Decimal(1), ROUND_HALF_UP)) - stated) <= max(len(d.own_lines), 1)
    told: Mapping[str, Value] = {
        "stated": d.stated_minor,
        "expected": d.internal_minor,
        "base": d.fee_base_minor,
        "rate": float(round(rate, 6)),
        "agreed": float(round(agreed, 6)),
    }
    yield Cause("commission_rate", d.difference_minor, (("rate", told),), FITS if exact and step != agreed else MAY_FIT)


def _freight_subsidy(d: Difference) -> Iterator[Cause]:
    """Freight that one side counts and the other does not, or that is paid or taken back apart from the order."""
    if d.type == "freight":
        yield Cause("freight_subsidy", d.difference_minor, _lines(d.own_lines), SAYS_SO)
    if d.type != "receipt" or d.class_ != "partial":
        return
    freight = d.entry_sum("freight")
    if freight:
        told: Mapping[str, Value] = {"type": "freight", "amount": freight}
        yield Cause("freight_subsidy", freight, (("entry", told),), FITS)
        yield Cause("freight_subsidy", -freight, (("entry", told),), FITS)
    else:
        for line in d.own_lines:
            if class_of(line.type) == "freight":
                yield Cause("freight_subsidy", -line.amount_minor, (("line", _line(line)),), SAYS_SO)


def _booked_twice(d: Difference) -> Iterator[Cause]:
    """The same line twice or more: every copy but one is too many."""
    if len(d.own_lines) < 2:
        return
    alike: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in d.own_lines:
        alike[line.type, line.amount_minor].append(line)
    for (_, amount), lines in alike.items():
        if amount and len(lines) > 1 and d.entries:
            for copies in range(1, len(lines)):
                told = _lines(lines[: copies + 1])
                yield Cause("booked_twice", -amount * copies, told, SAYS_SO)


def _cut_off(d: Difference) -> Iterator[Cause]:
    """Settled in another period than it fell due in."""
    if d.late_days > 0:
        amount = d.difference_minor if d.kind == "time" else 0
        yield Cause("cut_off", amount, (("late", {"days": d.late_days}),), SAYS_SO)


def _exchange(d: Difference) -> Iterator[Cause]:
    """One side in another currency: at the day's rates the amounts are close, the rest is the rate."""
    if d.kind != "currency":
        return
    other = (d.other_currency, d.other_minor) if d.other_currency else _in_other_currency(d)
    if other is None:
        return
    currency, amount = other
    amount_here = d.internal_minor or d.stated_minor or d.bank_minor
    mine, theirs = (_reporting(d, value, code) for value, code in ((amount_here, d.currency), (amount, currency)))
    if mine is None or theirs is None or not mine or abs(theirs - mine) > abs(mine) * MOST_EXCHANGE_SHARE:
        return
    told: Mapping[str, Value] = {
        "amount": amount_here,
        "currency": d.currency,
        "other_amount": amount,
        "other_currency": currency,
        "rate": float(d.rates.get(currency, d.rates.get(d.currency, Decimal(1)))),
    }
    yield Cause("exchange", d.difference_minor, (("exchange", told),), SAYS_SO)


def _in_other_currency(d: Difference) -> tuple[str, int] | None:
    """Return what the other side says, where it says it in exactly one other currency."""
    sums: dict[str, int] = defaultdict(int)
    if d.internal_minor:
        for line in d.lines:
            if line.face == d.type and line.currency != d.currency and not line.waits:
                sums[line.currency] += line.amount_minor
    else:
        for entry in d.entries:
            if entry.match_type == d.type and entry.currency != d.currency:
                sums[entry.currency] += entry.amount_minor
    return next(iter(sums.items())) if len(sums) == 1 else None


def _reporting(d: Difference, minor: int, currency: str) -> Decimal | None:
    rate = d.rates.get(currency)
    return None if rate is None else Decimal(minor).scaleb(-d.digits.get(currency, 2)) * rate


def _fee_not_booked(d: Difference) -> Iterator[Cause]:
    """A fee that no rule expects, or that one side has taken off before it said what was received."""
    if d.type in ("fee", "promotion", "commission") and d.class_ == "missing" and d.side == "internal":
        yield Cause("fee_not_booked", d.difference_minor, _lines(d.own_lines), SAYS_SO)
    if d.type in ("fee", "commission") and d.class_ == "partial":
        if len(d.own_lines) > 1:
            for line in d.own_lines:
                yield Cause("fee_not_booked", -line.amount_minor, (("line", _line(line)),), FITS)
        kinds = sorted({line.type for line in d.own_lines})
        for kind in kinds if len(kinds) > 1 else ():
            lines = [line for line in d.own_lines if line.type == kind]
            yield Cause("fee_not_booked", -sum(line.amount_minor for line in lines), _lines(lines), SAYS_SO)
    if d.type == "receipt" and d.class_ == "partial":
        kept = sum(abs(line.fee_minor or 0) for line in d.own_lines)
        if kept:
            yield Cause("fee_not_booked", kept, _lines(line for line in d.own_lines if line.fee_minor), SAYS_SO)
        shown = {line.face for line in d.lines}
        for kind in ("commission", "fee"):
            expected = d.entry_sum(kind)
            if expected and kind not in shown:
                yield Cause("fee_not_booked", -expected, (("entry", {"type": kind, "amount": expected}),), FITS)
    if d.type == "payout" and d.bank_minor and 0 < d.difference_minor <= min(MOST_BANK_FEE_MINOR, d.stated_minor * MOST_BANK_FEE_SHARE):
        yield Cause("fee_not_booked", d.difference_minor, (("bank_fee", {"left": d.stated_minor, "arrived": d.bank_minor}),), FITS)


def _lines(lines: Iterable[Line]) -> Evidence:
    return tuple(("line", _line(line)) for line in lines)


def _line(line: Line) -> Mapping[str, Value]:
    return {"line": line.key, "type": line.type, "amount": line.amount_minor, "flow_no": line.flow_no, "fee": line.fee_minor}


LABELS: tuple[Label, ...] = (
    Label("refund_not_synced", "退款未同步", "refund not synced", _refund_not_synced, of=("refund", "receipt")),
    Label("discount_not_booked", "促销折让未计", "promotional discount not booked", _discount_not_booked, of=("receipt",)),
    Label("compensation_late", "物流赔付延迟入账", "compensation booked late", _compensation_late, of=("compensation",)),
    Label("commission_rate", "佣金费率差异", "commission at another rate", _commission_rate, of=("commission", "fee")),
    Label("freight_subsidy", "运费补贴", "freight subsidy", _freight_subsidy, of=("freight", "receipt")),
    Label("booked_twice", "重复入账", "booked twice", _booked_twice),
    Label("cut_off", "跨期", "across periods", _cut_off),
    Label("exchange", "汇率差", "exchange difference", _exchange),
    Label("fee_not_booked", "手续费未计", "fee not booked", _fee_not_booked),
)
LABELS_BY_KEY: Mapping[str, Label] = {each.key: each for each in LABELS}
UNKNOWN_ZH, UNKNOWN_EN = "未识别", "not recognised"

# Words for what is shown as evidence; {…} are its figures, money in minor units is written by whoever shows it.
EVIDENCE: Mapping[str, tuple[str, str]] = {
    "line": ("结算单行 {line}：{type} {amount}", "statement line {line}: {type} {amount}"),
    "entry": ("订单金额 {type} {amount}", "amount of the order: {type} {amount}"),
    "rate": (
        "结算 {stated}，应为 {expected}；占 {base} 的 {rate}，约定 {agreed}",
        "stated {stated}, expected {expected}: {rate} of {base}, agreed {agreed}",
    ),
    "person": ("由人工判断", "judged by a person"),
    "late": ("到期后 {days} 天才结算", "settled {days} days after it was due"),
    "exchange": (
        "{amount} {currency} 对 {other_amount} {other_currency}，当日汇率 {rate}",
        "{amount} {currency} against {other_amount} {other_currency}, rate of the day {rate}",
    ),
    "bank_fee": ("平台转出 {left}，银行到账 {arrived}", "{left} left the platform, {arrived} reached the bank"),
}
