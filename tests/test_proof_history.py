"""Do the simulated platforms' files end as the merchant's life was, order by order, and does it go on live?"""

import json
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.ingest import ingest_path, replay_waiting
from data.settings import Settings
from data.writes.stale import recompute_stale
from jobs.simulate import history, live, write_history, write_live
from jobs.simulate.life import as_seen
from jobs.simulate.merchant import Played
from jobs.simulate.platforms import pdd
from tests.final_state import empty, final_state
from tests.merchant_truth import Key, main_categories, truth_of

UNTIL = datetime(2026, 11, 22, 6, tzinfo=UTC)
SEED = 20261111
# Minutes after the history's end at which the platforms are asked again.
MINUTES = (3, 5, 65)


class Inbox:
    """The folders that the simulated platforms write to, and what their files come to when they are taken in."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.engine, self.home, self.folder = engine, home, home / "inbox"
        self.settings = Settings(home=home)

    def take(self, paths: Iterable[Path], *, as_of: datetime = UNTIL, nature: str = "backfill", later: bool = False) -> None:
        """Ingest files as a sweep does, for the shop whose folder they lie in; none may be refused, nor any row for good."""
        for path in paths:
            folder = path.relative_to(self.folder).parts[0]
            shop = None if folder in ("masters", "wms") else folder
            reports = ingest_path(self.engine, path, settings=self.settings, as_of=as_of, shop=shop, nature=nature, later=later)
            assert [report.error for report in reports] == [None], path
        replay_waiting(self.engine, settings=self.settings, as_of=as_of)
        if later:
            recompute_stale(self.engine, as_of=as_of)

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))


def _mastered_first(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: ("masters" not in path.parts, str(path)))


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> list[Played]:
    """What the simulator knew at the end of each call, the latest last."""
    seen: list[Played] = []

    def spied(played: Played, *, at: int) -> Played:
        seen.append(as_seen(played, at=at))
        return seen[-1]

    for module in (history, live):
        monkeypatch.setattr(module, "as_seen", spied)
    return seen


def stored(inbox: Inbox) -> dict[Key, Any]:
    rows = inbox.rows("""
        SELECT o.*, count(l.line_key) AS lines, coalesce(sum(l.quantity), 0) AS quantity
        FROM orders AS o LEFT JOIN order_lines AS l ON (l.shop_id, l.order_no, l.source) = (o.shop_id, o.order_no, o.line_source)
        GROUP BY o.shop_id, o.order_no""")
    return {(row.shop_id, row.order_no): row for row in rows}


def differences(orders: dict[Key, Any], seen: Played) -> list[tuple[Key, str, object, object]]:
    """Compare each order with what was lived: (order, what, lived, stored)."""
    categories = main_categories(seen, seed=SEED)
    found: list[tuple[Key, str, object, object]] = []
    for key, truth in truth_of(seen).items():
        order = orders.get(key)
        if order is None:
            found.append((key, "order", truth, None))
            continue
        shown = order._asdict() | {
            "paid_at": order.paid_to if order.paid_from == order.paid_to else "bounded",
            "shipped_at": order.shipped_to if order.shipped_from == order.shipped_to else None,
            "delivered_at": order.delivered_to if order.delivered_from == order.delivered_to else None,
            "completed_at": order.completed_to if order.completed_from == order.completed_to else None,
            "warehouse": order.warehouse_code,
        }
        found += [(key, name, lived, shown[name]) for name, lived in vars(truth).items() if shown[name] != lived]
        if order.category not in categories[key]:
            found.append((key, "category", categories[key], order.category))
    return found


def test_ninety_days_end_as_they_were_lived_and_go_on_live(engine: Engine, tmp_path: Path, lives: list[Played]) -> None:
    inbox, state = Inbox(engine, tmp_path), tmp_path / "state"
    written = write_history(inbox.folder, until=UNTIL, days=90, orders=6_000, seed=SEED, state=state)

    inbox.take(_mastered_first(written.files), later=True)

    orders = stored(inbox)
    assert differences(orders, lives[-1]) == []
    assert len(orders) == written.orders > 5_500
    assert Counter(shop for shop, _ in orders) == {shop: sum(stages.values()) for shop, stages in _told(state).items()}
    _nothing_is_refused_or_missing(inbox)
    _days_of_orders_never_concluded_hold_the_instants_at_which_they_were_placed(inbox, lives[-1])
    lines = inbox.rows("SELECT * FROM order_lines")
    assert len(lines) == len(lives[-1].lines) == sum(order.lines for order in orders.values())
    first = set(orders)

    for minutes in MINUTES:
        now = UNTIL + timedelta(minutes=minutes)
        inbox.take(write_live(inbox.folder, state=state, now=now), as_of=now, nature="live")
        orders = stored(inbox)
        assert len(lives[-1].orders) > 100
        assert differences(orders, lives[-1]) == []
        _nothing_is_refused_or_missing(inbox)

    assert len(orders) > len(first)
    assert all(order.nature == ("backfill" if key in first else "live") for key, order in orders.items())
    [[known_before_it_happened]] = inbox.rows("SELECT count(*) FROM order_events WHERE ingested_at < occurred_from")
    assert known_before_it_happened == 0


def _days_of_orders_never_concluded_hold_the_instants_at_which_they_were_placed(inbox: Inbox, seen: Played) -> None:
    """Pinduoduo tells no time of an order that nobody paid; its number tells the day, and nobody claims to know more."""
    theirs = seen.orders[(seen.orders["shop"] == pdd.SELECT.shop.number) & (seen.orders["paid"] == 0)]
    placed = dict(zip(pdd.order_numbers(theirs["key"].to_numpy()), theirs["created"].tolist(), strict=True))
    bounds = inbox.rows("""
        SELECT order_no, occurred_from, occurred_to FROM order_events
        WHERE type = 'created' AND shop_id = 'pdd_select' AND occurred_from < occurred_to""")

    assert len(placed) > 20
    assert {row.order_no for row in bounds} == set(placed)
    for row in bounds:
        assert row.occurred_to - row.occurred_from == timedelta(days=1, seconds=-1)
        assert row.occurred_from.timestamp() <= placed[row.order_no] <= row.occurred_to.timestamp()


def _told(state: Path) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = json.loads((state / "truth" / "orders.json").read_text())
    return told


def _nothing_is_refused_or_missing(inbox: Inbox) -> None:
    """Pinduoduo's export names neither buyer nor place; every other order has both, and foreign money its rate."""
    [counts] = inbox.rows("""
        SELECT (SELECT count(*) FROM rejected_rows) AS refused, (SELECT count(*) FROM stale_orders) AS waiting,
            count(*) FILTER (WHERE stub) AS stubs,
            count(*) FILTER (WHERE (region_code IS NULL) <> (channel = 'pdd')) AS nowhere,
            count(*) FILTER (WHERE paid_minor IS NOT NULL AND paid_to IS NOT NULL AND paid_reporting_minor IS NULL) AS without_rate,
            count(*) FILTER (
                WHERE ((shop_id, order_no) NOT IN (SELECT shop_id, order_no FROM order_contacts)) <> (channel = 'pdd')
            ) AS without_contact
        FROM orders""")
    assert tuple(counts) == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("later", [False, True], ids=["one by one", "all at once"])
def test_a_history_in_any_order_of_files_ends_in_the_same_state(engine: Engine, tmp_path: Path, later: bool) -> None:
    """The warehouse before the shops, masters last, the newest week first; many files computed at once or each on its own."""
    inbox = Inbox(engine, tmp_path)
    written = write_history(inbox.folder, until=UNTIL, days=16, orders=500, seed=SEED, state=tmp_path / "state")
    inbox.take(_mastered_first(written.files))
    expected = final_state(engine)
    assert len(expected["orders"]) == written.orders

    for seed in (1, 2):
        empty(engine)
        inbox.take(random.Random(seed).sample(written.files, len(written.files)), later=later)
        assert final_state(engine) == expected
