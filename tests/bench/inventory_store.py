"""What does a large stock look like: a hundred thousand books and the ten million moves they are the sums of?"""

from datetime import datetime

from sqlalchemy import Engine, text

from tests.bench.server import settle

MOVES_A_PLACE = 100
WAREHOUSES = 10

_INDEXES = """
    ALTER TABLE stock_moves DROP CONSTRAINT pk_stock_moves;
    DROP INDEX ix_stock_moves_balance; DROP INDEX ix_stock_moves_occurred_at"""
_INDEXES_BACK = """
    ALTER TABLE stock_moves ADD CONSTRAINT pk_stock_moves PRIMARY KEY (sku_code, warehouse_code, source, move_key);
    CREATE INDEX ix_stock_moves_balance ON stock_moves (sku_code, warehouse_code, move_id);
    CREATE INDEX ix_stock_moves_occurred_at ON stock_moves (occurred_at)"""

# A year of moves a place: an opening, then sales with a purchase for every ten of them.
_MOVES = """
    INSERT INTO stock_moves (sku_code, warehouse_code, source, move_key, type, units, occurred_at, posted_at)
    SELECT 'SKU' || lpad((p / :warehouses)::text, 6, '0'), 'w' || p % :warehouses, CASE n WHEN 0 THEN 'opening' ELSE 'order' END,
        CASE n WHEN 0 THEN 'opening' ELSE 'shop/' || p || '-' || n END,
        CASE WHEN n = 0 THEN 'opening' WHEN n % 11 = 0 THEN 'purchase_in' ELSE 'sale_out' END,
        CASE WHEN n = 0 THEN 50 WHEN n % 11 = 0 THEN 20 ELSE -(1 + n % 3) END,
        CAST(:until AS timestamptz) - (:moves - n) * interval '87 hours', CAST(:until AS timestamptz) - (:moves - n) * interval '87 hours'
    FROM generate_series(0, :places - 1) AS p CROSS JOIN generate_series(0, :moves - 1) AS n"""

_BOOKS = """
    INSERT INTO stock (sku_code, warehouse_code, on_hand, opened_at, counted_at, learnt_at, changed_at)
    SELECT sku_code, warehouse_code, sum(units), min(occurred_at), min(occurred_at), min(occurred_at), max(occurred_at)
    FROM stock_moves GROUP BY sku_code, warehouse_code"""


def fill_books(engine: Engine, *, moves: int, until: datetime) -> int:
    """Store so many moves in books of a hundred each; returns how many books (SKU × warehouse) that are."""
    places = max(1, moves // MOVES_A_PLACE)
    given = {"places": places, "moves": MOVES_A_PLACE, "warehouses": WAREHOUSES, "until": until}
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.execute(text(_INDEXES))
        connection.execute(text(_MOVES), given)
        connection.execute(text(_INDEXES_BACK))
        connection.execute(text(_BOOKS))
        names = [{"code": f"w{number}"} for number in range(WAREHOUSES)]
        connection.execute(text("INSERT INTO warehouses (warehouse_code, name, observed_at) VALUES (:code, :code, now())"), names)
    settle(engine)
    return places
