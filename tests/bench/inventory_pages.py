"""How long does the database take for every read of the page of stock, at 100,000 places and ten million moves?

A place is a SKU in a warehouse. Each read is asked as the page asks it, by people with and without limits, over parts, states, searches
and turned pages; the time is from the first connection to the answer.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from data import reads
from data.reads import GAP_STATES, HOLD_LISTS, LEVEL_STATES, HoldsWanted, LevelsWanted, Part
from data.settings import Settings
from models.scope import EVERYTHING, Scope
from tests.bench.figure import Figure
from tests.bench.inventory_store import WAREHOUSES, fill_books
from tests.bench.pages_timings import SLOW, percentile, said
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle

GOAL_MS = 100.0
ROUNDS, WARM_UP = 40, 3
MOVES, _MOVES_AN_ORDER = 10_000_000, 10
# At the whole scale; a smaller one has fewer.
PLACES, HOLDS, WISHES = 100_000, 60_000, 40_000
AS_OF = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
_SEED = 7
_SCOPES = (EVERYTHING, Scope(channels=("douyin",)), EVERYTHING, Scope(warehouses=("w1", "w2")))
_PARTS = (Part(), Part(warehouses=("w1",)), Part(categories=("C1", "C2")), Part(channels=("douyin", "taobao")))


def figures(scale: Scale) -> Iterator[Figure]:
    """Fill a store and ask it."""
    moves = min(_MOVES_AN_ORDER * scale.orders, MOVES)
    settings = Settings(home=scale.folder / "inventory_pages", inbox=scale.folder / "no_inbox", database_url=None)
    with ExitStack() as servers:
        engine = servers.enter_context(own_server(settings))
        places = fill(engine, moves=moves)
        settle(engine)
        found = measured(engine, skus=places // WAREHOUSES)
        every = [value for values in found.values() for value in values]
        on = f"{places:,} places, {moves:,} moves; {said(found, slowest=6)}"
        yield Figure("inventory_page_reads", percentile(every, SLOW), GOAL_MS, "ms", "<= 1", on)


def fill(engine: Engine, *, moves: int) -> int:
    """Store books with so many moves, and holds, wishes, items of channels and rules on them; returns how many places that are."""
    places = fill_books(engine, moves=moves, until=AS_OF)
    share = places / PLACES
    given = {"as_of": AS_OF, "skus": places // WAREHOUSES, "warehouses": WAREHOUSES}
    given |= {"holds": max(int(HOLDS * share), 500), "wishes": max(int(WISHES * share), 500)}
    with engine.begin() as connection:
        for statement in _FILL:
            connection.execute(text(statement), given)
    return places


def measured(engine: Engine, *, skus: int) -> dict[str, list[float]]:
    """Return the milliseconds of each read, by its name, over so many rounds; the first ones meet cold caches and do not count."""
    dice, found = random.Random(_SEED), defaultdict[str, list[float]](list)
    for number in range(WARM_UP + ROUNDS):
        for name, asked in _looks(dice, number=number, skus=skus):
            began = time.perf_counter()
            rows = asked(engine)
            spent = (time.perf_counter() - began) * 1_000
            if number >= WARM_UP:
                found[name].append(spent)
            if name in _TURNED and rows:
                _turn(engine, name, asked, rows, found, counts=number >= WARM_UP)
    return dict(found)


# Lists whose second page is asked as well.
_TURNED = ("stock_levels", "stock_holds", "stock_conflicts", "stock_channel_gaps", "stock_moves")


def _turn(engine: Engine, name: str, asked: Callable[..., Any], rows: Any, found: dict[str, list[float]], *, counts: bool) -> None:
    began = time.perf_counter()
    asked(engine, after=rows[-1].cursor)
    if counts:
        found[name].append((time.perf_counter() - began) * 1_000)


def _looks(dice: random.Random, *, number: int, skus: int) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield what one look at the page asks, its part, state and SKU thrown."""
    scope = _SCOPES[number % len(_SCOPES)]
    whole: dict[str, Any] = {"scope": scope, "as_of": AS_OF}
    seen = whole | {"part": dice.choice(_PARTS)}
    sku, warehouse = f"SKU{dice.randrange(skus):06d}", "w1"
    search = dice.choice(("", "", f"SKU{dice.randrange(9):02d}", f"货品 {dice.randrange(skus)}"))
    levels = LevelsWanted(state=dice.choice((None, None, *LEVEL_STATES)), search=search, order=dice.choice(("lowest", "held", "on_hand")))
    holds = HoldsWanted(list=dice.choice(HOLD_LISTS), search=dice.choice(("", "", f"O{dice.randrange(9)}", sku)))
    span = {"since": AS_OF - timedelta(days=dice.choice((1, 7, 30))), "until": AS_OF}
    days = {"first": AS_OF.date() - timedelta(days=14), "last": AS_OF.date()}
    yield "stock_summary", _ask(reads.stock_summary, **seen)
    yield "stock_exposure", _ask(reads.stock_exposure, scope=scope, part=seen["part"], **span)
    yield "stock_levels", _ask(reads.stock_levels, **seen, wanted=levels)
    yield "stock_sku", _ask(reads.stock_sku, **whole, sku_code=sku)
    yield "stock_moves", _ask(reads.stock_moves, scope=scope, sku_code=sku, warehouse_code=warehouse)
    yield "stock_holds", _ask(reads.stock_holds, **seen, wanted=holds)
    yield "stock_hold_counts", _ask(reads.stock_hold_counts, **seen)
    yield "stock_endangered", _ask(reads.stock_endangered, **seen)
    yield "stock_short_skus", _ask(reads.stock_short_skus, **seen)
    yield "stock_conflicts", _ask(reads.stock_conflicts, **seen)
    yield "stock_channel_sums", _ask(reads.stock_channel_sums, scope=scope, part=seen["part"])
    yield "stock_channel_gaps", _ask(reads.stock_channel_gaps, **seen, state=dice.choice((None, *GAP_STATES)))
    yield "stock_rules", _ask(reads.stock_rules, scope=scope, search=dice.choice(("", sku)))
    yield "stock_quotas", _ask(reads.stock_quotas, scope=scope, search=dice.choice(("", sku)))
    yield "stock_metrics", _ask(reads.stock_metrics, scope=scope, **days)


def _ask(read: Callable[..., Any], **given: Any) -> Callable[..., Any]:
    return lambda engine, **more: read(engine, **given, **more)


_FILL = (
    """
    INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
    SELECT c || '-1', c, c || ' shop', 'Asia/Shanghai', 'CNY', true, :as_of FROM unnest(ARRAY['douyin', 'taobao', 'tmall', 'jd']) AS c
    """,
    """
    INSERT INTO skus (sku_code, valid_from, name, category, observed_at)
    SELECT 'SKU' || lpad(n::text, 6, '0'), :as_of, '货品 ' || n, 'C' || n % 12, :as_of FROM generate_series(0, :skus - 1) AS n
    """,
    """
    INSERT INTO holds (sku_code, shop_id, order_no, warehouse_code, part, channel, units, state, placed_at, expires_at, closed_at)
    SELECT 'SKU' || lpad((n * 7919 % :skus)::text, 6, '0'), shop.c || '-1', 'O' || n, 'w' || n % :warehouses, '', shop.c,
        1 + n % 3, state.s,
        CAST(:as_of AS timestamptz) - n % 3000 * interval '1 minute',
        CASE WHEN state.s <> 'confirmed' THEN CAST(:as_of AS timestamptz) + (n % 900 - 4) * interval '1 minute' END,
        CASE WHEN state.s = 'shipped' THEN CAST(:as_of AS timestamptz) - n % 900 * interval '1 minute' END
    FROM generate_series(1, :holds) AS n
    CROSS JOIN LATERAL (SELECT (ARRAY['douyin', 'taobao', 'tmall', 'jd'])[1 + n % 4] AS c) AS shop
    CROSS JOIN LATERAL (SELECT (ARRAY['placed', 'confirmed', 'shipped'])[1 + n / 4 % 3] AS s) AS state
    """,
    """
    UPDATE stock SET held = h.units, inbound = on_hand % 7 * 10 FROM (
        SELECT sku_code, warehouse_code, sum(units) AS units FROM holds WHERE state IN ('placed', 'confirmed') GROUP BY 1, 2
    ) AS h WHERE (h.sku_code, h.warehouse_code) = (stock.sku_code, stock.warehouse_code)
    """,
    """
    INSERT INTO order_holding_skus (sku_code, shop_id, order_no, channel, warehouse_code, known_at, wanted_units, short_units,
        oversold_units, tracked, reporting_minor)
    SELECT 'SKU' || lpad((n * 7919 % :skus)::text, 6, '0'), c || '-1', 'O' || n, c, 'w' || n % :warehouses,
        CAST(:as_of AS timestamptz) - n * interval '1 minute', 3, CASE WHEN n % 20 = 0 THEN 2 ELSE 0 END,
        CASE WHEN n % 25 = 0 THEN 2 ELSE 0 END, true, 9900
    FROM generate_series(1, :wishes) AS n CROSS JOIN LATERAL (SELECT (ARRAY['douyin', 'taobao', 'tmall', 'jd'])[1 + n % 4] AS c) AS shop
    """,
    """
    INSERT INTO channel_stock
        (sku_code, shop_id, warehouse_code, channel, told_quantity, told_action, told_available, told_at, shown_quantity, shown_as_of)
    SELECT 'SKU' || lpad(n::text, 6, '0'), c || '-1', '', c, 20, 'sell', 20, :as_of, 20 + (n % 9 - 4) / 4 * (n % 30), :as_of
    FROM generate_series(0, :skus - 1) AS n, unnest(ARRAY['douyin', 'taobao', 'tmall', 'jd']) AS c
    """,
    "DELETE FROM stock_rules",
    """
    INSERT INTO stock_rules (sku_code, channel, threshold, action, relist_above, version, set_by, set_at)
    SELECT CASE WHEN n = 0 THEN '*' ELSE 'SKU' || lpad((n * 7)::text, 6, '0') END, '*', 5 + n % 9, 'delist', 20, 1, 'bench', :as_of
    FROM generate_series(0, :skus / 10) AS n
    """,
    """
    INSERT INTO publish_quotas (channel, sku_code, warehouse_code, share, version, set_by, set_at)
    SELECT c, CASE WHEN n = 0 THEN '*' ELSE 'SKU' || lpad((n * 7)::text, 6, '0') END, '*', 0.25, 1, 'bench', :as_of
    FROM generate_series(0, :skus / 20) AS n, unnest(ARRAY['douyin', 'taobao', 'tmall', 'jd']) AS c
    """,
    """
    INSERT INTO stock_kpis (day, kpi, dimension, member, value, numerator, denominator, computed_at)
    SELECT CAST(:as_of AS date) - d, 'sync_delay', 'channel', c, 9, 190, 200, :as_of
    FROM generate_series(0, 89) AS d, unnest(ARRAY['douyin', 'taobao', 'tmall', 'jd']) AS c
    """,
)
