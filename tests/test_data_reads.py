"""Does a read show anything outside a person's scope, and do the parts of every figure add up to the whole?"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, update

from data import reads
from data.measures import MEASURE_NAMES
from data.reads import READS, Cut
from data.settings import Settings
from data.tables import delay_rules, index_scores, orders, promise_rules, saved_views, shops, source_files, stage_limits, targets
from data.writes.stage_moves import recompute_moves
from data.writes.variants import recompute_variants
from models.scope import EVERYTHING, Scope
from tests import given_delay_model, given_detail, given_orders
from tests.given_pages import MakeEngine
from tests.laws import tries

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
WHOLE = Cut(since=AS_OF - timedelta(days=40), until=AS_OF + timedelta(days=1), zone=ZONE)
RECONCILED = reads.ReconAsked(AS_OF.date() - timedelta(days=60), AS_OF.date(), "completed")
NOWHERE = (Scope(shops=()), Scope(channels=()))
OURS = Scope(shops=("dy-live",))


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=400)
    given_orders.rolled_up(engine, as_of=AS_OF)
    decide(engine)
    return engine


@pytest.fixture(scope="module")
def only_ours(make_engine: MakeEngine) -> Engine:
    """The same merchant, of which only what the shop of ``OURS`` may see was ever there."""
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=400)
        connection.execute(delete(orders).where(orders.c.shop_id != "dy-live"))
        connection.execute(delete(source_files).where(source_files.c.shop_id != "dy-live"))
    given_orders.rolled_up(engine, as_of=AS_OF)
    decide(engine)
    return engine


def decide(engine: Engine) -> None:
    """Set targets and a rule, give one shop a calendar of its own, and restate the index."""
    set_by = {"set_by": "lin", "set_at": AS_OF}
    rows = [{"kpi": "on_time", "channel": channel, "value": 0.9, "version": 1, **set_by} for channel in ("", "douyin", "tmall")]
    view = {"person_id": "lin", "name": "晨会", "page": "orders", "query": "channel=douyin&channel=tmall&region=CN-51", "shared": True}
    rule = {"channel": "*", "kind": "exchange", "valid_from": AS_OF, "hours": 72, "cut_off_hour": 24, "source": "自定", **set_by}
    with engine.begin() as connection:
        given_orders.insert_rows(connection, targets, rows)
        given_orders.insert_rows(connection, promise_rules, [rule])
        late = {"version": 1, "working_days": 1, "hours": 24, "cut_off_hour": 24, "weekends_work": False, **set_by}
        given_orders.insert_rows(connection, delay_rules, [late | {"channel": channel} for channel in ("*", "tmall")])
        given_orders.insert_rows(connection, saved_views, [view | {"saved_at": AS_OF}])
        connection.execute(update(shops).where(shops.c.shop_id == "sp-us").values(calendar="SP"))
        connection.execute(update(index_scores).values(restated_at=AS_OF))
        weeks = {"first": AS_OF.date() - timedelta(days=60), "until": AS_OF.date()}
        limit = {"channel": "douyin", "stage": "paid", "seconds": 3600, "source": "p95", "set_at": AS_OF}
        # of all orders, whoever looks
        counted = connection.execute(select(func.count()).select_from(orders)).scalar_one()
        given_orders.insert_rows(connection, stage_limits, [limit | {"orders": counted}])
        recompute_moves(connection, **weeks, zone=ZONE)
        recompute_variants(connection, **weeks, zone=ZONE)
        given_delay_model.everything(connection, as_of=AS_OF)
        given_detail.an_old_order(connection, shop_id="dy-live", order_no="OLD-1", file_id=7, as_of=AS_OF - timedelta(days=60))


def arguments(home: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what each read is asked with, by its name."""
    daily = {"cut": WHOLE}
    part = {"part": reads.Part(categories=("家居", "厨具"))}
    days = reads.Span(AS_OF.date() - timedelta(days=9), AS_OF.date() - timedelta(days=1))
    stock = {"part": reads.Part(), "as_of": AS_OF}
    behind = {"component": "C1", "since": WHOLE.since, "until": WHOLE.until, "bad_only": True}
    return {
        "orders_by_minute": daily,
        "health": {**part, "zone": ZONE, "span": days},
        "open_promises": {**part, "as_of": AS_OF},
        "due_lately": {**part, "as_of": AS_OF},
        "orders_behind": {**part, **behind},
        "entries_behind": {"part": reads.Part(), "since": WHOLE.since, "until": WHOLE.until, "zone": ZONE},
        "split": {**part, "by": "region_code", "span": days, "zone": ZONE},
        "by_day": {**part, "span": days, "zone": ZONE},
        "open_stages": {**part, "as_of": AS_OF, "by": "channel"},
        "delivered_lately": {**part, "today": AS_OF.date(), "by": "channel"},
        "stays": {"part": reads.Part(), "span": days, "by": "channel"},
        "share_moves": {"part": reads.Part()},
        "variants": {"part": reads.Part(), "span": days},
        "orders_page": {**part, "wanted": reads.Wanted(since=WHOLE.since, until=WHOLE.until, as_of=AS_OF)},
        "order_detail": {"shop_id": "dy-live", "order_no": "OLD-1"},
        "order_raw_row": {"settings": Settings(home=home), "shop_id": "dy-live", "order_no": "OLD-1", "file_id": 7, "row_number": 9},
        "order_source_rows": {"settings": Settings(home=home), "shop_id": "dy-live", "order_no": "OLD-1"},
        "sources": {"since": AS_OF - timedelta(days=9)},
        "raw_rows": {"settings": Settings(home=home), "run_id": 2, "numbers": [7]},
        "requests": {"person_id": "somebody"},
        "snapshots": {"limit": 9},
        "restated_spans": {"limit": 9},
        "calendar_month": {"calendar": "CN", "month": AS_OF.date()},
        "saved_views": {"person_id": "somebody", "page": "orders"},
        "recon_summary": {"asked": RECONCILED},
        "recon_groups": {"asked": RECONCILED, "as_of": AS_OF},
        "recon_differences": {"asked": RECONCILED, "wanted": reads.ReconWanted(as_of=AS_OF, state="all")},
        "recon_difference": {"difference_id": 1},
        "recon_colleagues": {"difference_ids": (1,)},
        "recon_proof": {"asked": RECONCILED},
        "recon_statements": {"asked": RECONCILED, "zone": ZONE},
        "recon_runs": {"limit": 9},
        "recon_journal": {"asked": RECONCILED},
        "queue_page": {**part, "tab": "overdue_2h", "person_id": "somebody", "as_of": AS_OF},
        "queue_counts": {**part, "person_id": "somebody", "as_of": AS_OF},
        "capacity_today": {"as_of": AS_OF, "zone": ZONE},
        "flow_board": {**part, "as_of": AS_OF, "zone": ZONE},
        "uplift_weeks": {"as_of": AS_OF, "zone": ZONE},
        "case_of": {"shop_id": "dy-live", "order_no": "OLD-1"},
        "workbench_kpi_days": {"since": AS_OF.date() - timedelta(days=9), "until": AS_OF.date()},
        "stock_summary": stock,
        "stock_exposure": {"part": reads.Part(), "since": WHOLE.since, "until": WHOLE.until},
        "stock_levels": {**stock, "wanted": reads.LevelsWanted()},
        "stock_sku": {"sku_code": "SKU-0", "as_of": AS_OF},
        "stock_moves": {"sku_code": "SKU-0", "warehouse_code": "CN-HZ"},
        "stock_holds": {**stock, "wanted": reads.HoldsWanted()},
        "stock_hold_counts": stock,
        "stock_endangered": stock,
        "stock_short_skus": stock,
        "stock_conflicts": stock,
        "stock_channel_sums": {"part": reads.Part()},
        "stock_channel_gaps": stock,
        "stock_metrics": {"first": AS_OF.date() - timedelta(days=9), "last": AS_OF.date()},
        "stock_alerts": {"rules": ("short",)},
        "risk_now": {**part, "as_of": AS_OF},
        "risk_spread": {**part, "as_of": AS_OF, "by": "warehouse_code"},
        "riskiest": {"part": reads.Part(), "as_of": AS_OF},
        "week_promise": {**part, "zone": ZONE, "as_of": AS_OF},
        "order_risk": {"shop_id": "dy-live", "order_no": "OLD-1"},
    }


# Nobody's secret: these say the same to everybody who is signed in.
OPEN_TO_ALL = {"heartbeat_at", "requests"}
# Of these there is a part that holds everywhere and is nobody's secret.
PARTLY_OPEN = {"choices", "jobs", "targets", "promise_rules", "delay_rules", "index_versions", "calendars", "calendar_month", "saved_views"}
PARTLY_OPEN |= {"workbench_rules", "recon_ledger_accounts", "recon_rules", "stock_rules", "stock_hold_rules"}


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
def test_a_person_of_one_shop_sees_what_they_would_if_nothing_else_existed(
    read: Callable[..., Any], merchant: Engine, only_ours: Engine, tmp_path: Path
) -> None:
    asked = arguments(tmp_path).get(read.__name__, {})

    assert _plain(read(merchant, scope=OURS, **asked)) == _plain(read(only_ours, scope=OURS, **asked))


@pytest.mark.parametrize("scope", NOWHERE, ids=str)
@pytest.mark.parametrize("read", [read for read in READS if read.__name__ not in OPEN_TO_ALL], ids=lambda read: read.__name__)
def test_a_person_of_no_shop_sees_no_order_no_file_and_no_shop(
    read: Callable[..., Any], scope: Scope, merchant: Engine, tmp_path: Path
) -> None:
    seen = _plain(read(merchant, scope=scope, **arguments(tmp_path).get(read.__name__, {})))

    assert not any(word in str(seen) for word in ("dy-live", "tb-home", "青禾", "douyin", "disk full"))
    if read.__name__ not in PARTLY_OPEN:
        assert not seen


def test_what_is_decided_for_a_channel_is_seen_by_those_who_see_one_of_its_shops(merchant: Engine) -> None:
    def seen(scope: Scope) -> tuple[list[str], list[str]]:
        rules = {version.rule.channel for version in reads.promise_rules(merchant, scope=scope)}
        return sorted(target.channel for target in reads.targets(merchant, scope=scope)), sorted(rules & {"*", "douyin", "jd"})

    assert seen(EVERYTHING) == (["", "douyin", "tmall"], ["*", "douyin", "jd"])
    assert seen(OURS) == (["", "douyin"], ["*", "douyin"])
    assert seen(NOWHERE[0]) == ([""], ["*"])
    assert seen(Scope(warehouses=("CN-HZ",))) == seen(EVERYTHING)


def test_the_calendar_of_a_shop_that_is_not_seen_is_not_shown(merchant: Engine) -> None:
    month = AS_OF.date()

    assert reads.calendars(merchant, scope=EVERYTHING) == ["CN", "SP"]
    assert len(reads.calendar_month(merchant, scope=EVERYTHING, calendar="SP", month=month)) == 30
    assert reads.calendars(merchant, scope=OURS) == ["CN"]
    assert reads.calendar_month(merchant, scope=OURS, calendar="SP", month=month) == []


def test_restated_values_of_the_whole_business_are_not_shown_to_people_with_limits(merchant: Engine) -> None:
    assert len(reads.restated_spans(merchant, scope=EVERYTHING, limit=3)) == 3
    assert reads.restated_spans(merchant, scope=OURS, limit=3) == []
    assert reads.restated_spans(merchant, scope=Scope(warehouses=("CN-HZ",)), limit=3) == []


def test_a_warehouse_person_sees_no_order_of_another_warehouse_and_no_raw_row(merchant: Engine, tmp_path: Path) -> None:
    scope = Scope(warehouses=("CN-HZ",))

    own = reads.orders_by_minute(merchant, scope=scope, cut=WHOLE)["orders"].sum()
    chosen = reads.orders_by_minute(merchant, scope=EVERYTHING, cut=_cut(warehouses=("CN-HZ",)))["orders"].sum()
    assert own == chosen > 0
    assert _figures(merchant, reads.Part(), scope=scope) == _figures(merchant, reads.Part(warehouses=("CN-HZ",)))
    assert reads.refused_rows(merchant, scope=scope) == []
    assert reads.raw_rows(merchant, scope=scope, settings=Settings(home=tmp_path), run_id=2, numbers=[7]) == {}


def test_the_raw_text_of_a_file_that_is_gone_is_past_its_retention(merchant: Engine, tmp_path: Path) -> None:
    with pytest.raises(reads.RetentionOver):
        reads.raw_rows(merchant, scope=EVERYTHING, settings=Settings(home=tmp_path), run_id=2, numbers=[7])


def some(*codes: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return any choice of codes."""
    return st.lists(st.sampled_from(codes), unique=True).map(tuple)


@given(
    days=st.tuples(st.integers(0, 20), st.integers(1, 12)),
    regions=some("CN-51", "CN-33", "CN-44", ""),
    categories=some("家居", "厨具", "数码", "服饰", ""),
    warehouses=some("CN-HZ", "CN-GZ", "CN-CD", ""),
    by_warehouse=st.booleans(),
)
@settings(max_examples=tries(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_channels_days_and_cells_add_up_to_the_whole_for_any_filter(
    days: tuple[int, int],
    regions: tuple[str, ...],
    categories: tuple[str, ...],
    warehouses: tuple[str, ...],
    by_warehouse: bool,
    merchant: Engine,
) -> None:
    part = reads.Part(warehouses=warehouses) if by_warehouse else reads.Part(regions=regions, categories=categories)
    first = AS_OF.date() - timedelta(days=days[0] + days[1])
    span, half = reads.Span(first, first + timedelta(days=days[1])), first + timedelta(days=days[1] // 2)
    whole = _figures(merchant, part, span=span)
    channels = [_figures(merchant, replace(part, channels=(name,)), span=span) for name in ("taobao", "tmall", "douyin", "shopify")]
    halves = [_figures(merchant, part, span=reads.Span(first, half)), _figures(merchant, part, span=reads.Span(half + DAY, span.last))]

    found = reads.health(merchant, scope=EVERYTHING, part=part, zone=ZONE, span=span)

    assert _added(channels) == whole
    assert _added(halves) == whole
    assert found is not None
    told = dict(zip(MEASURE_NAMES, whole, strict=True))
    judged = ("due", "known_in_time", "live_orders", "maybe_on_time", "on_time")
    assert {name: int(found.now[name].sum()) for name in judged} == {name: told[name] for name in judged}


def test_choosing_every_cell_with_the_unsorted_one_is_choosing_nothing(merchant: Engine) -> None:
    whole = _figures(merchant, reads.Part())

    assert _figures(merchant, reads.Part(categories=("家居", "厨具", "数码", "服饰", ""))) == whole
    assert _figures(merchant, reads.Part(warehouses=("CN-HZ", "CN-GZ", "CN-CD", ""))) == whole


def test_a_warehouse_and_a_region_have_no_cells_together(merchant: Engine) -> None:
    with pytest.raises(reads.NoSuchGrain):
        _figures(merchant, reads.Part(warehouses=("CN-HZ",), regions=("CN-51",)))


def test_a_scope_of_one_of_a_channels_shops_has_no_cells(merchant: Engine) -> None:
    with merchant.begin() as connection:
        other = {"shop_id": "dy-two", "channel": "douyin", "name": "二店", "zone": ZONE, "currency": "CNY"}
        given_orders.insert_rows(connection, shops, [other | {"complete": True, "created_at": AS_OF, "calendar": "CN"}])
    try:
        with pytest.raises(reads.NoSuchGrain):
            _figures(merchant, reads.Part(), scope=OURS)
    finally:
        with merchant.begin() as connection:
            connection.execute(delete(shops).where(shops.c.shop_id == "dy-two"))


def test_the_index_of_a_page_is_the_one_that_was_stored(merchant: Engine) -> None:
    last = AS_OF.date() - DAY
    found = reads.health(merchant, scope=EVERYTHING, part=reads.Part(), zone=ZONE, span=reads.Span(last - 6 * DAY, last))
    with merchant.connect() as connection:
        stored = connection.scalar(select(index_scores.c.score).where(index_scores.c.span == "rolling", index_scores.c.last_day == last))

    assert found is not None
    assert stored is not None and found.history.index(first=last - 6 * DAY, last=last).value == stored["value"]


def test_the_orders_behind_a_component_are_as_many_as_its_cells_count_over_all_their_pages(merchant: Engine) -> None:
    last = AS_OF.date() - DAY
    span = reads.Span(last - 6 * DAY, last)
    since = datetime(span.first.year, span.first.month, span.first.day, tzinfo=UTC) - timedelta(hours=8)
    asked: dict[str, Any] = {
        "component": "C1",
        "since": since,
        "until": since + timedelta(days=7),
        "part": reads.Part(channels=("douyin",)),
    }
    found = reads.health(merchant, scope=EVERYTHING, part=reads.Part(channels=("douyin",)), zone=ZONE, span=span)
    assert found is not None

    for bad_only, wanted in ((False, found.now["due"].sum()), (True, (found.now["due"] - found.now["on_time"]).sum())):
        rows, after = [], None
        while page := reads.orders_behind(merchant, scope=EVERYTHING, bad_only=bad_only, after=after, limit=7, **asked):
            rows += page
            after = (page[-1].moment, page[-1].shop_id, page[-1].order_no)
        assert len({row.order_no for row in rows}) == len(rows) == wanted > 0


DAY = timedelta(days=1)


def _cut(**changed: Any) -> Cut:
    return Cut(**{**vars(WHOLE), **changed})


def _figures(engine: Engine, part: reads.Part, *, scope: Scope = EVERYTHING, span: reads.Span | None = None) -> list[int]:
    """Return every measure summed over some days, from the rows by day and channel."""
    asked = span or reads.Span(AS_OF.date() - timedelta(days=20), AS_OF.date() - DAY)
    found = reads.health(engine, scope=scope, part=part, zone=ZONE, span=asked)
    assert found is not None
    within = found.days[(found.days["day"] >= asked.first) & (found.days["day"] <= asked.last)]
    return [int(within[name].sum()) for name in MEASURE_NAMES]


def _added(parts: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*parts, strict=True)]


def _plain(seen: object) -> object:
    if isinstance(seen, pd.DataFrame):
        return seen.to_dict("records")
    if is_dataclass(seen) and not isinstance(seen, type):
        return {field.name: _plain(getattr(seen, field.name)) for field in fields(seen)}
    return seen
