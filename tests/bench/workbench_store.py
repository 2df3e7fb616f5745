"""What does the workbench look like with 200,000 open orders? A store of the demo, so that one may look without signing in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from data import actions
from data.settings import Settings
from models.people import DEMO_NAMES
from tests.bench.pages_store import Store
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle

# Of the whole goal; a smaller scale has fewer.
OPEN_ORDERS = 200_000


@contextmanager
def workbench_store(scale: Scale) -> Iterator[Store]:
    """Give a store of open orders with their risks, none of which the workbench has looked at."""
    settings = Settings(home=scale.folder / "workbench", inbox=None, database_url=None)
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    orders = max(int(OPEN_ORDERS * min(scale.orders / 1_000_000, 1.0)), 2_000)
    with own_server(settings) as engine:
        people = [person.person_id for person in actions.demo_people(engine, names=DEMO_NAMES, as_of=until)]
        with engine.begin() as connection:
            _fill(connection, orders=orders, until=until, people=people)
        settle(engine)
        yield Store(engine, settings, until, orders, {})


def _fill(connection: Connection, *, orders: int, until: datetime, people: list[str]) -> None:
    given = {"orders": orders, "until": until, "people": people}
    for statement in _STATEMENTS:
        connection.execute(text(statement), given)


# A prime spreads the numbers, so that neighbours differ in everything.
_STATEMENTS = (
    """
    INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
    SELECT 's' || n, (ARRAY['taobao','tmall','douyin','jd','pdd','shopee'])[n], '店铺 ' || n, 'Asia/Shanghai', 'CNY', true, :until
    FROM generate_series(1, 6) AS n
    """,
    """
    INSERT INTO warehouses (warehouse_code, name, observed_at) SELECT 'W' || n, n || ' 号仓', :until FROM generate_series(1, 5) AS n
    """,
    """
    INSERT INTO heartbeats (process, host, pid, started_at, beat_at)
    VALUES ('jobs', 'bench', 1, :until, CAST(:until AS timestamptz) + interval '1 day')
    """,
    """
    INSERT INTO orders (shop_id, order_no, stub, stage, on_hold, stage_since, created_at, paid_from, paid_to, clock_start_at, deadline_at,
        channel, region_code, category, warehouse_code, carrier_code, currency, paid_minor, paid_reporting_minor, nature, first_file_id,
        ingested_at, changed_at)
    SELECT 's' || 1 + n % 6, lpad((n::bigint * 7919 % 100000007)::text, 12, '0'), false,
        (ARRAY['paid','reviewed','allocated','waybilled'])[1 + n / 7 % 4], false, paid, paid, paid, paid, paid, paid + interval '48 hours',
        (ARRAY['taobao','tmall','douyin','jd','pdd','shopee'])[1 + n % 6], 'CN-' || 11 + n % 50, 'C' || n % 12, 'W' || 1 + n % 5, 'SF',
        'CNY', worth, worth, 'live', 1, paid, paid
    FROM generate_series(1, :orders) AS n, LATERAL (SELECT
        CAST(:until AS timestamptz) - interval '1 second' * (n::bigint * 7919 % 216000) AS paid,
        1000 + (n::bigint * 104729 % 60000) + CASE WHEN n % 400 = 0 THEN 600000 ELSE 0 END AS worth) AS made
    """,
    """
    INSERT INTO risk_now (shop_id, order_no, scored_at, landmark, probability, low, high, fallback, promise_probability, promise_low,
        promise_high, due_at, raw_log_odds, reasons)
    SELECT shop_id, order_no, :until, 60, p, greatest(p - 0.1, 0), least(p + 0.1, 1), '', p, greatest(p - 0.1, 0), least(p + 0.1, 1),
        deadline_at, 0, CASE WHEN p > 0.9 THEN
            '[{"group": "queue", "log_odds": 0.8, "zh": "仓内排队较长", "en": "long queue"}]'::jsonb END
    FROM orders, LATERAL (SELECT (hashtext(order_no) & 1023) / 1023.0 AS p) AS thrown
    """,
    """
    INSERT INTO order_holding (shop_id, order_no, channel, state, known_at, decided_at, lines, lines_filled, short_units, oversold_units,
        settled_at) SELECT shop_id, order_no, channel, 'short', paid_to, paid_to, 1, 0, 1, 1, paid_to FROM orders
    WHERE hashtext(order_no) % 50 = 0
    """,
    """
    INSERT INTO order_comments (shop_id, order_no, person_id, at, text, mentions)
    SELECT shop_id, order_no, 'demo.operations', :until, '@林悦 请看', ARRAY['demo.manager'] FROM orders WHERE hashtext(order_no) % 500 = 1
    """,
    """
    INSERT INTO stage_limits (channel, stage, seconds, source, set_at)
    SELECT channel, stage, 40 * 3600, 'rule', :until FROM shops, unnest(ARRAY['paid','reviewed','allocated','waybilled']) AS stage
    """,
)
