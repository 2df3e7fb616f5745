"""How well does reconciliation find what is wrong? Measured on a simulated merchant whose faults the engine never sees."""

import json
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data import embedded
from data.engine import open_engine
from data.queries.ledger import has_orders
from data.queries.recon_evaluation import Found, found_differences, measured_on
from data.reconciliation import reconcile
from data.settings import Settings
from jobs.job import JobContext
from jobs.pull_inbox import sweep
from jobs.simulate import Statements, write_history
from jobs.simulate.money_faults import USUAL_RATES
from jobs.simulate.statements import TRUTH

# Rates at which every fault is struck often enough to be measured, and a lost file now and then.
MEASURED_RATES: Mapping[str, float] = {name: 4 * rate for name, rate in USUAL_RATES.items()} | {"equal_sums": 0.002, "lost_statement": 0.04}
# A statement of a week: so that one that is lost is not a whole month.
DAYS_A_FILE = 7
# What reconciliation calls a fault, where it has another word.
LABEL_OF = {"wire_fee": "fee_not_booked", "lost_statement": ""}
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Injected:
    """What is wrong with one match: ``minor`` is our books less the statement, ``due_at`` when a missing line counts as missing."""

    shop_id: str
    order_no: str
    type: str
    faults: tuple[str, ...]
    minor: int
    seen_at: datetime
    due_at: datetime | None
    ambiguous: bool

    @property
    def lost(self) -> bool:
        """Whether the statement that would have told of it never came."""
        return "lost_statement" in self.faults


@dataclass(frozen=True)
class Asked:
    """What is to be played."""

    until: datetime
    days: int
    orders: int
    seed: int
    rates: Mapping[str, float] = field(default_factory=lambda: dict(MEASURED_RATES))


def evaluate(asked: Asked, *, database_url: str | None = None) -> dict[str, Any]:
    """Play a merchant into a database of its own (or an empty one given), reconcile, and hold what was found against the truth."""
    begun = time.monotonic()
    with _home(database_url) as settings:
        written = write_history(
            settings.inbox_dir,
            until=asked.until,
            days=asked.days,
            orders=asked.orders,
            seed=asked.seed,
            state=settings.home / "state",
            statements=Statements(asked.rates, DAYS_A_FILE),
        )
        engine = open_engine(settings)
        try:
            with engine.connect() as connection:
                if has_orders(connection):
                    raise FileExistsError("数据库里已有订单，评估需要空库 the database holds orders, an evaluation needs an empty one")
            outcome = sweep(JobContext(engine=engine, settings=settings), as_of=asked.until, still_seconds=0.0)
            if outcome.error:
                raise RuntimeError(outcome.error)
            reconcile(engine, settings=settings, as_of=asked.until, anew=True)
            with engine.connect() as connection:
                found, base = found_differences(connection), measured_on(connection)
        finally:
            engine.dispose()
        truth = read_truth(settings.home / "state" / "truth" / TRUTH)
    midnight = asked.until.astimezone(ZoneInfo(settings.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    figures = compared(truth, found, as_of=asked.until, told_until=midnight)
    played = {
        "orders": written.orders,
        "days": asked.days,
        "seed": asked.seed,
        "as_of": asked.until.isoformat(),
        "rates": dict(asked.rates),
    }
    return {**figures, "measured_on": {**base, **played, "truth": len(truth)}, "seconds": round(time.monotonic() - begun, 1)}


@contextmanager
def _home(database_url: str | None) -> Iterator[Settings]:
    """Give a home that is gone afterwards, with a server of its own unless a database is given."""
    home = Path(tempfile.mkdtemp(prefix="orderhub-evaluate-"))
    home.chmod(0o711)
    try:
        yield Settings(home=home, inbox=None, database_url=database_url)
    finally:
        if database_url is None:
            embedded.stop(home)
            embedded.remove(home)
        shutil.rmtree(home, ignore_errors=True)


def read_truth(path: Path) -> list[Injected]:
    """Return the simulator's truth about money."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [_injected(json.loads(line)) for line in lines]


def _injected(row: Mapping[str, Any]) -> Injected:
    times = {name: None if row[name] is None else datetime.fromisoformat(row[name]) for name in ("seen_at", "due_at")}
    return Injected(**{**row, **times, "faults": tuple(row["faults"])})


@dataclass
class _Tally:
    injected: int = 0
    found: int = 0
    labelled: int = 0
    right: int = 0


def compared(truth: Sequence[Injected], found: Sequence[Found], *, as_of: datetime, told_until: datetime) -> dict[str, Any]:
    """Hold differences against the truth as of an instant; statements tell of all before ``told_until``.

    Counted as injected is what can be seen by then: in a statement, or missing from it although it is due. What a lost file would have
    told of one order is one cause, found by any of its lines; how many of the lines are seen on their own stands beside it. Where a file
    is lost that alone knew of a refund, nobody expects it and nothing differs; nor where an order given back whole is not stated at all.
    """
    by_key: dict[Key, list[Found]] = defaultdict(list)
    for difference in found:
        for key in _keys_of(difference):
            by_key[key].append(difference)
    losses, scores = _Losses(truth), _Scores()
    for each in truth:
        hits = [d for key in _keys_looked_at(each) for d in by_key.get(key, ())]
        scores.known.update(hits)
        told = not each.lost and each.seen_at < told_until
        if losses.hide(each) or not losses.leave_to_see(each, told=told, as_of=as_of):
            continue
        if each.lost:
            scores.count_lost(each, hits)
        else:
            scores.count(each, hits, told=told)
    return scores.figures(found, false=[d for d in found if d not in scores.known and not _by_lost_payout(d, truth)])


class _Losses:
    """What nobody can see of the truth, because the file that would have told of it never came."""

    def __init__(self, truth: Sequence[Injected]) -> None:
        self._lost = {_key_of(each) for each in truth if each.lost}
        self._whole, kept = Counter[Key](), Counter[tuple[str, str]]()
        for each in truth:
            self._whole[_key_of(each)] += each.minor
            kept[each.shop_id, each.order_no] += each.minor * (each.type in ("receipt", "refund"))
        # given back whole: what is not stated at all adds up to nothing
        self._unseen = {key[:2] for key in self._lost if key[2] == "receipt" and not kept[key[:2]]}

    def hide(self, each: Injected) -> bool:
        """Say whether a fault lies in a file that never came."""
        if not each.lost and _key_of(each) in self._lost:
            return True
        return (each.shop_id, each.order_no) in self._unseen and (each.lost or each.type in ("receipt", "refund"))

    def leave_to_see(self, each: Injected, *, told: bool, as_of: datetime) -> bool:
        """Say whether a fault can be seen by then: it is ``told`` by a statement, or missing from it although it is due."""
        if each.lost and not (each.minor and self._whole[_key_of(each)]):
            return False
        waits = each.due_at is not None and (not told or "cut_off" not in each.faults)
        if waits:
            return each.due_at is not None and each.due_at <= as_of
        return told


class _Scores:
    """What was found of the truth, and what it was called."""

    def __init__(self) -> None:
        self.known: set[Found] = set()
        self._by_fault: dict[str, _Tally] = defaultdict(_Tally)
        # two faults on one order, and orders that nobody can tell apart
        self._twofold, self._alike, self._lost_lines = _Tally(), _Tally(), _Tally()
        self._lost_causes: dict[tuple[str, str], bool] = {}
        self._exact = Counter[bool]()
        self._missed: list[str] = []
        self._wrong: list[str] = []

    def count_lost(self, each: Injected, hits: Sequence[Found]) -> None:
        """Count a line of a file that never came: all lines of an order have one cause."""
        self._lost_lines.injected += 1
        self._lost_lines.found += bool(hits)
        cause = (each.shop_id, each.order_no)
        self._lost_causes[cause] = self._lost_causes.get(cause, False) or bool(hits)

    def count(self, each: Injected, hits: Sequence[Found], *, told: bool) -> None:
        """Count a fault that can be seen; as long as no statement has told of it, nobody can say what it is."""
        for fault in each.faults:
            self._by_fault[fault].injected += 1
            self._by_fault[fault].found += bool(hits)
        if not hits:
            self._missed.append(_text(each))
        elif told:
            self._exact[any(d.difference_minor == each.minor for d in hits)] += not {"exchange", "cut_off"} & set(each.faults)
            self._count_labels(each, hits)

    def _count_labels(self, each: Injected, hits: Sequence[Found]) -> None:
        if each.ambiguous:
            self._alike.labelled += 1
            self._alike.right += any(d.ambiguous for d in hits)
            return
        labels = {LABEL_OF.get(fault, fault) for fault in each.faults}
        right = any(d.label in labels for d in hits) and not any(d.ambiguous for d in hits)
        for tally in [self._by_fault[fault] for fault in each.faults] + [self._twofold] * (len(each.faults) > 1):
            tally.labelled += 1
            tally.right += right
        if not right:
            self._wrong.append(f"{_text(each)}: {', '.join(_labelled(d) for d in hits)}")

    def figures(self, found: Sequence[Found], *, false: Sequence[Found]) -> dict[str, Any]:
        """Return the shares, counts and examples that the command prints."""
        tallies, missed = dict(self._by_fault), list(self._missed)
        if self._lost_causes:
            tallies["lost_statement"] = _Tally(len(self._lost_causes), sum(self._lost_causes.values()))
            missed += [f"{' '.join(cause)} lost_statement" for cause, hit in self._lost_causes.items() if not hit]
        injected, hit = sum(t.injected for t in tallies.values()), sum(t.found for t in tallies.values())
        labelled, right = sum(t.labelled for t in tallies.values()), sum(t.right for t in tallies.values())
        unexplained: dict[str, int] = defaultdict(int)
        for difference in found:
            unexplained[difference.currency] += abs(difference.difference_minor - difference.explained_minor)
        return {
            "recall": _share(hit, injected),
            "injected_differences": injected,
            "found_differences": hit,
            "false_differences": len(false),
            "label_accuracy": _share(right, labelled),
            "labelled_differences": labelled,
            "exact_amounts": _share(self._exact[True], self._exact[True] + self._exact[False]),
            "two_faults": {"differences": self._twofold.labelled, "labelled_right": self._twofold.right},
            "ambiguous": {"differences": self._alike.labelled, "said_ambiguous": self._alike.right},
            "unexplained_minor": dict(sorted(unexplained.items())),
            "unexplained_by_class": _unexplained(found),
            "by_fault": {
                name: {"injected": t.injected, "found": t.found, "labelled": t.labelled, "labelled_right": t.right}
                for name, t in sorted(tallies.items())
            },
            "examples": {"missed": missed[:10], "wrong_label": self._wrong[:10], "false": [_said(d) for d in false[:10]]},
            "lost_lines": {"lines": self._lost_lines.injected, "seen_on_their_own": self._lost_lines.found},
        }


def _unexplained(found: Sequence[Found]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    """Break down what is not explained: by currency, class with its side or kind, and label ('' = none was found)."""
    told: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for d in sorted(found, key=lambda d: (d.currency, d.class_, d.side, d.kind, d.label)):
        if left := abs(d.difference_minor - d.explained_minor):
            label = f"{d.label} (ambiguous)" if d.ambiguous else d.label or "none"
            by_label = told.setdefault(d.currency, {}).setdefault(f"{d.class_}/{d.side or d.kind}", {})
            held = by_label.setdefault(label, {"differences": 0, "minor": 0})
            held["differences"], held["minor"] = held["differences"] + 1, held["minor"] + left
    return told


def _key_of(each: Injected) -> Key:
    return each.shop_id, each.order_no, each.type


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _keys_of(difference: Found) -> list[Key]:
    if difference.type != "payout":
        return [(difference.shop_id, difference.order_no, difference.type)]
    return [(difference.shop_id, number.removeprefix("payout:"), "payout") for number in difference.members]


def _keys_looked_at(each: Injected) -> list[Key]:
    """Return where a fault may show: a refund that nobody timed may have lessened the receipt, and its fee with it."""
    types = (each.type, "receipt") if each.type == "refund" and each.due_at is not None else (each.type,)
    return [(each.shop_id, each.order_no, type_) for type_ in types]


def _by_lost_payout(difference: Found, truth: Sequence[Injected]) -> bool:
    """Say whether it is money at the bank whose withdrawal stood in a statement that never came."""
    return difference.type == "payout" and any(t.lost and t.type == "payout" and -t.minor == difference.bank_minor for t in truth)


def _text(each: Injected) -> str:
    return f"{each.shop_id} {each.order_no} {each.type} {'+'.join(each.faults)} {each.minor}"


def _labelled(difference: Found) -> str:
    doubt = "?" if difference.ambiguous else ""
    return f"{difference.label or '-'}{doubt} {difference.difference_minor}"


def _said(difference: Found) -> str:
    d = difference
    return f"{d.shop_id} {d.order_no} {d.type} {d.class_}/{d.kind}{d.side} {d.internal_minor} {d.stated_minor} {d.bank_minor} {d.label}"
