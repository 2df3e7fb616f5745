"""What may the page of stock ask of the database? Part of ``data.reads``, which says the rules."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from data.queries import stock_books as _books
from data.queries import stock_channels as _channels
from data.queries import stock_conflicts as _conflicts
from data.queries import stock_holds as _holds
from data.queries import stock_levels as _levels
from data.queries import stock_sku as _sku
from data.queries.health import Part
from data.queries.stock_books import HoldRule, MetricRow, ParkedSku, QuotaRule, Replay, StockAlert, StockRule
from data.queries.stock_channels import ChannelSum, GapCursor, GapRow
from data.queries.stock_conflicts import WAITING, ConflictCursor, ConflictRow, ShortSku
from data.queries.stock_holds import HoldCounts, HoldCursor, HoldRow, HoldsWanted
from data.queries.stock_levels import Exposure, LevelCursor, LevelRow, LevelsWanted, StockSummary
from data.queries.stock_sku import MoveCursor, MoveRow, SkuDetail
from data.reading import reading
from models.scope import Scope


def stock_summary(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> StockSummary | None:
    """Return what all levels of a part come to as of a minute; None where there is no stock."""
    with reading(engine) as connection:
        return _levels.stock_summary(connection, scope=scope, part=part, as_of=as_of)


def stock_exposure(engine: Engine, *, scope: Scope, part: Part, since: datetime, until: datetime) -> Exposure | None:
    """Return what orders want and nothing covers; None where nothing is seen."""
    with reading(engine) as connection:
        return _levels.exposure(connection, scope=scope, part=part, since=since, until=until)


def stock_levels(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    wanted: LevelsWanted,
    as_of: datetime,
    after: LevelCursor | None = None,
    limit: int = _levels.PAGE,
) -> list[LevelRow]:
    """Return one page of levels."""
    with reading(engine) as connection:
        return _levels.stock_levels(connection, scope=scope, part=part, wanted=wanted, as_of=as_of, after=after, limit=limit)


def stock_sku(engine: Engine, *, scope: Scope, sku_code: str, as_of: datetime) -> SkuDetail | None:
    """Return a SKU wherever it lies and is shown, as of one instant; None where nothing of it is seen."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        return _sku.stock_sku(connection, scope=scope, sku_code=sku_code, as_of=as_of)


def stock_moves(
    engine: Engine, *, scope: Scope, sku_code: str, warehouse_code: str, after: MoveCursor | None = None, limit: int = _sku.MOVES
) -> list[MoveRow]:
    """Return one page of a SKU's moves in a warehouse, each with the book after it, the last posted first."""
    with reading(engine) as connection:
        return _sku.stock_moves(connection, scope=scope, sku_code=sku_code, warehouse_code=warehouse_code, after=after, limit=limit)


def stock_holds(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    wanted: HoldsWanted,
    as_of: datetime,
    after: HoldCursor | None = None,
    limit: int = _holds.PAGE,
) -> list[HoldRow]:
    """Return one page of holds."""
    with reading(engine) as connection:
        return _holds.stock_holds(connection, scope=scope, part=part, wanted=wanted, as_of=as_of, after=after, limit=limit)


def stock_hold_counts(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> HoldCounts | None:
    """Count open holds; None where nothing is seen."""
    with reading(engine) as connection:
        return _holds.hold_counts(connection, scope=scope, part=part, as_of=as_of)


def stock_endangered(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> list[HoldRow]:
    """Return the holds that what really lies there does not cover."""
    with reading(engine) as connection:
        return _holds.endangered_holds(connection, scope=scope, part=part, as_of=as_of)


def stock_short_skus(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> list[ShortSku]:
    """Return the SKUs of which most is short."""
    with reading(engine) as connection:
        return _conflicts.short_skus(connection, scope=scope, part=part, as_of=as_of)


def stock_conflicts(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    as_of: datetime,
    sku_code: str | None = None,
    state: str | None = WAITING,
    after: ConflictCursor | None = None,
    limit: int = _conflicts.PAGE,
) -> list[ConflictRow]:
    """Return one page of what orders want and do not get."""
    with reading(engine) as connection:
        return _conflicts.conflicts(
            connection, scope=scope, part=part, as_of=as_of, sku_code=sku_code, state=state, after=after, limit=limit
        )


def stock_channel_sums(engine: Engine, *, scope: Scope, part: Part) -> list[ChannelSum]:
    """Return what each shop shows against what it was told, summed."""
    with reading(engine) as connection:
        return _channels.channel_sums(connection, scope=scope, part=part)


def stock_channel_gaps(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    as_of: datetime,
    state: str | None = None,
    after: GapCursor | None = None,
    limit: int = _channels.PAGE,
) -> list[GapRow]:
    """Return one page of items of shops, those that show most above what they were told first."""
    with reading(engine) as connection:
        return _channels.channel_gaps(connection, scope=scope, part=part, as_of=as_of, state=state, after=after, limit=limit)


def stock_rules(engine: Engine, *, scope: Scope, search: str = "") -> list[StockRule]:
    """Return the thresholds this person may see."""
    with reading(engine) as connection:
        return _books.stock_rules(connection, scope=scope, search=search)


def stock_quotas(engine: Engine, *, scope: Scope, search: str = "") -> list[QuotaRule]:
    """Return the quotas this person may see."""
    with reading(engine) as connection:
        return _books.publish_quotas(connection, scope=scope, search=search)


def stock_hold_rules(engine: Engine, *, scope: Scope) -> list[HoldRule]:
    """Return how long orders hold stock, of channels this person may see."""
    with reading(engine) as connection:
        return _books.hold_rules(connection, scope=scope)


def stock_parked(engine: Engine, *, scope: Scope) -> list[ParkedSku]:
    """Return the unknown names of SKUs that rows wait for; nothing to people with limits."""
    with reading(engine) as connection:
        return _books.parked_skus(connection, scope=scope)


def stock_replay(engine: Engine, *, scope: Scope) -> Replay | None:
    """Return the last promotion replay; nothing to people with limits."""
    with reading(engine) as connection:
        return _books.stock_replay(connection, scope=scope)


def stock_metrics(engine: Engine, *, scope: Scope, first: date, last: date) -> list[MetricRow]:
    """Return the metrics of some business days."""
    with reading(engine) as connection:
        return _books.stock_metrics(connection, scope=scope, first=first, last=last)


def stock_alerts(engine: Engine, *, scope: Scope, rules: tuple[str, ...]) -> list[StockAlert]:
    """Return the open alerts of some rules."""
    with reading(engine) as connection:
        return _books.stock_alerts(connection, scope=scope, rules=rules)


STOCK_READS: tuple[Callable[..., Any], ...] = (
    stock_summary,
    stock_exposure,
    stock_levels,
    stock_sku,
    stock_moves,
    stock_holds,
    stock_hold_counts,
    stock_endangered,
    stock_short_skus,
    stock_conflicts,
    stock_channel_sums,
    stock_channel_gaps,
    stock_rules,
    stock_quotas,
    stock_hold_rules,
    stock_parked,
    stock_replay,
    stock_metrics,
    stock_alerts,
)
