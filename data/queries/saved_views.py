"""Which views has a person saved on a page, which do colleagues share, and what of each may this person see?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection, func, or_, select

from data.queries import choices as _choices
from data.tables import people, saved_views
from models.scope import Scope

# One's own come first, so that many shared ones never push them out.
LISTED = 100
CHANNEL, WAREHOUSE = "channel", "warehouse"
# As a link says the cell of what nobody classified.
UNSORTED_SAID = "none"


@dataclass(frozen=True)
class SavedView:
    """A named query of a page, in codes; ``hidden`` says that choices outside the reader's scope were taken out of it."""

    view_id: int
    person_id: str
    author: str
    name: str
    query: str
    shared: bool
    saved_at: datetime
    hidden: bool = False


def views_of(connection: Connection, *, scope: Scope, person_id: str, page: str) -> list[SavedView]:
    """Return a person's own views of a page by name, then those that others share, the newest first; none that were removed."""
    table = saved_views.c
    own = table.person_id == person_id
    author = func.coalesce(people.c.name, table.person_id).label("author")
    columns = (table.view_id, table.person_id, author, table.name, table.query, table.shared, table.saved_at)
    query = (
        select(*columns)
        .select_from(saved_views.outerjoin(people, people.c.person_id == table.person_id))
        .where(table.page == page, table.removed_at.is_(None), or_(own, table.shared))
        .order_by(own.desc(), table.saved_at.desc(), table.view_id.desc())
        .limit(LISTED)
    )
    channels = set(_choices.channels(connection, scope=scope))
    warehouses = {code for code, _ in _choices.warehouse_names(connection, scope=scope)} | {UNSORTED_SAID}
    found = []
    for row in connection.execute(query).mappings():
        said = visible_part(row["query"], channels=channels, warehouses=warehouses)
        found.append(SavedView(**{**row, "query": said}, hidden=said != row["query"]))
    mine = sorted((each for each in found if each.person_id == person_id), key=lambda each: (each.name, each.view_id))
    return mine + [each for each in found if each.person_id != person_id]


def visible_part(query: str, *, channels: Collection[str], warehouses: Collection[str]) -> str:
    """Return a query without the channels and warehouses that somebody may not see; the rest is nobody's secret.

    >>> visible_part("period=30d&channel=douyin&channel=jd", channels={"jd"}, warehouses=set())
    'period=30d&channel=jd'
    """
    seen = {CHANNEL: channels, WAREHOUSE: warehouses}
    return urlencode([(key, value) for key, value in parse_qsl(query) if key not in seen or value in seen[key]])
