"""Are the Overview and the Orders page as fast on ten million orders as was promised, in the database, on the server and in the browser?"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dashboard.periods import business_today
from data import reads
from models.scope import EVERYTHING
from tests.bench import pages_crowd, pages_list, pages_raw, pages_reads, pages_scripts
from tests.bench.figure import Figure
from tests.bench.pages_server import running_dashboard
from tests.bench.pages_store import Store, filled_store
from tests.bench.pages_views import PAGES, Look, Page, looks
from tests.bench.scale import Scale

_VIEWS, _SEED = 28, 11


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure everything on one store; as of now, for the pages ask the clock."""
    with filled_store(scale) as store:
        as_of = datetime.now(UTC).replace(second=0, microsecond=0)
        yield from pages_reads.figures(store, as_of=as_of)
        yield from pages_list.figures(store, as_of=as_of)
        with running_dashboard(store) as dashboard:
            drawn = _drawn(store, as_of=as_of)
            yield from pages_scripts.figures(dashboard, drawn=drawn, orders=store.orders)
            yield from pages_crowd.figures(dashboard, drawn=[look for page in PAGES for look in drawn[page]], orders=store.orders)
        yield from pages_raw.figures(store, as_of=as_of)


def _drawn(store: Store, *, as_of: datetime) -> dict[Page, Sequence[Look]]:
    choices, today = reads.choices(store.engine, scope=EVERYTHING), business_today(as_of, zone=store.settings.zone)
    return {page: looks(page, count=_VIEWS, choices=choices, today=today, orders=store.orders, seed=_SEED) for page in PAGES}
