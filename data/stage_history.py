"""What do the last weeks say of stages: their limits, how many orders stood in each, and the ways orders took?

Computed whole from orders and cells, once a day and after every rebuild; each part is one transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from data.job_lock import lock_key
from data.settings import Settings
from data.writes.stage_limits import rest_shipped, set_limits
from data.writes.stage_moves import recompute_moves
from data.writes.staging import give_memory
from data.writes.variants import recompute_variants

# Twelve weeks for the trend, and as many days of variants.
DAYS = 84


@dataclass(frozen=True)
class Refreshed:
    """How many limits hold, and rows of the trend and of the variants."""

    limits: int
    moves: int
    variants: int


def refresh_stages(engine: Engine, *, settings: Settings, as_of: datetime) -> Refreshed:
    """Compute limits, trend and variants of the closed business days before ``as_of``."""
    today = as_of.astimezone(ZoneInfo(settings.zone)).date()
    first = today - timedelta(days=DAYS)
    with _alone(engine) as connection:
        limits = set_limits(connection, today=today, as_of=as_of)
        rest_shipped(connection, as_of=as_of)
    with _alone(engine) as connection:
        moves = recompute_moves(connection, first=first, until=today, zone=settings.zone)
    with _alone(engine) as connection:
        variants = recompute_variants(connection, first=first, until=today, zone=settings.zone)
    return Refreshed(limits, moves, variants)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """Open a transaction of which there is one at a time: what it replaces whole, another may be replacing too."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("stages")})
        give_memory(connection)
        yield connection
