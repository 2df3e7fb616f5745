"""What may a page ask of the database?

The facade over ``data/queries``: every function opens one connection, takes the person's ``Scope``, and raises a
``DatabaseProblem`` in words for people when the database is away. ``READS`` lists them all; one test proves for each of
them that it shows nothing outside the scope.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import order_sources as _order_sources
from data.order_sources import SourceRows
from data.queries import behind as _behind
from data.queries import choices as _choices
from data.queries import definitions as _definitions
from data.queries import delay_rules as _delay_rules
from data.queries import drill as _drill
from data.queries import entries_behind as _entries
from data.queries import health_facts as _health
from data.queries import jobs as _jobs
from data.queries import order_detail as _detail
from data.queries import order_handling as _handling
from data.queries import order_list as _list
from data.queries import overview as _overview
from data.queries import promises as _promises
from data.queries import reconciliation as _reconciliation
from data.queries import reconciliation_books as _books
from data.queries import reconciliation_detail as _difference
from data.queries import reconciliation_proof as _proof
from data.queries import reconciliation_queue as _queue
from data.queries import reconciliation_rules as _recon_rules
from data.queries import risk_order as _risk_order
from data.queries import risk_page as _risk
from data.queries import risk_registry as _registry
from data.queries import saved_views as _views
from data.queries import sources as _sources
from data.queries import stages as _stages
from data.queries import stock_order as _stock_order
from data.queries import targets as _targets
from data.queries.behind import BehindRow
from data.queries.cut import UNSORTED, Cut
from data.queries.definitions import RestatedSpan, SnapshotEntry, Version
from data.queries.entries_behind import EntryBehind, EntryCursor
from data.queries.health import NoSuchGrain, Part, SnapshotRow
from data.queries.health_facts import HealthFacts, Span
from data.queries.jobs import JobState, RequestState
from data.queries.order_detail import MONEY_FIELDS, SHOWN_SIGNS, DetailLine, EventStatement, MoneyClaim, OrderHead, SourceRow
from data.queries.order_handling import COMMENTED, Colleague, ContactState, Deed, Ownership
from data.queries.order_list import NOBODY, STUCK_STAGE, Cursor, OrderRow, Wanted
from data.queries.promises import CalendarDay, PromiseVersion
from data.queries.reconciliation import ReconAsked, ReconGroup, ReconSummary
from data.queries.reconciliation_books import LedgerAccountRow, ReconJournalRow, ReconRun, StatementRow
from data.queries.reconciliation_detail import (
    BankLine,
    DifferenceDetail,
    JournalRow,
    LabelPart,
    MoneyEntry,
    ReconDeed,
    SettlementLine,
)
from data.queries.reconciliation_proof import ProofFigures, ProofRow
from data.queries.reconciliation_queue import DifferenceRow, ReconCursor, ReconWanted
from data.queries.reconciliation_rules import FeeRuleRow, ReconRules, SettlementRuleRow, WorkOrderRuleRow
from data.queries.risk_order import OrderRisk, RiskPoint
from data.queries.risk_page import BANDS, SPLITS, RiskNow, RiskRow, WeekFacts
from data.queries.risk_registry import DriftRow, ModelVersion
from data.queries.saved_views import SavedView
from data.queries.sources import RefusedCell, RefusedFile, Source
from data.queries.stock_books import HoldRule, MetricRow, ParkedSku, QuotaRule, Replay, StockAlert, StockRule
from data.queries.stock_channels import GAP_STATES, ChannelSum, GapCursor, GapRow
from data.queries.stock_conflicts import ACCEPTED, WAITING, ConflictCursor, ConflictRow, ShortSku
from data.queries.stock_holds import HOLD_LISTS, OF_ONE_SKU, HoldCounts, HoldCursor, HoldRow, HoldsWanted
from data.queries.stock_levels import LEVEL_STATES, Exposure, LevelCursor, LevelRow, LevelsWanted, StockSummary
from data.queries.stock_order import HoldStep, OrderSku, OrderStock
from data.queries.stock_sku import ChannelRow, MoveCursor, MoveRow, PlaceFacts, SkuDetail
from data.reading import reading
from data.refused import MASK, RawRow, RetentionOver, raw_cells
from data.settings import Settings
from data.stock_reads import (
    STOCK_READS,
    stock_alerts,
    stock_channel_gaps,
    stock_channel_sums,
    stock_conflicts,
    stock_endangered,
    stock_exposure,
    stock_hold_counts,
    stock_hold_rules,
    stock_holds,
    stock_levels,
    stock_metrics,
    stock_moves,
    stock_parked,
    stock_quotas,
    stock_replay,
    stock_rules,
    stock_short_skus,
    stock_sku,
    stock_summary,
)
from data.workbench_reads import (
    QUEUE_PAGE,
    WORKBENCH_READS,
    Act,
    ActionSaves,
    Capacity,
    Case,
    CaseWork,
    FlowColumn,
    Inbox,
    InboxWork,
    Intent,
    KpiDay,
    Mention,
    QueueCursor,
    QueueRow,
    UpliftWeek,
    action_saves,
    capacity_today,
    case_of,
    flow_board,
    inbox,
    inbox_count,
    open_intents,
    queue_counts,
    queue_page,
    uplift_weeks,
    workbench_kpi_days,
    workbench_people,
    workbench_rules,
)
from models.delay_risk.rules import RuleVersion
from models.health.targets import Target
from models.scope import Scope

__all__ = [
    "ACCEPTED",
    "BANDS",
    "COMMENTED",
    "GAP_STATES",
    "HOLD_LISTS",
    "LEVEL_STATES",
    "MASK",
    "MONEY_FIELDS",
    "NOBODY",
    "OF_ONE_SKU",
    "QUEUE_PAGE",
    "READS",
    "SHOWN_SIGNS",
    "SPLITS",
    "STUCK_STAGE",
    "UNSORTED",
    "WAITING",
    "Act",
    "ActionSaves",
    "BankLine",
    "BehindRow",
    "CalendarDay",
    "Capacity",
    "Case",
    "CaseWork",
    "ChannelRow",
    "ChannelSum",
    "Choices",
    "Colleague",
    "ConflictCursor",
    "ConflictRow",
    "ContactState",
    "Cursor",
    "Cut",
    "Deed",
    "DetailLine",
    "DifferenceDetail",
    "DifferenceRow",
    "DriftRow",
    "EntryBehind",
    "EntryCursor",
    "EventStatement",
    "Exposure",
    "FeeRuleRow",
    "FlowColumn",
    "GapCursor",
    "GapRow",
    "HealthFacts",
    "HoldCounts",
    "HoldCursor",
    "HoldRow",
    "HoldRule",
    "HoldStep",
    "HoldsWanted",
    "Inbox",
    "InboxWork",
    "Intent",
    "JobState",
    "JournalRow",
    "KpiDay",
    "LabelPart",
    "LedgerAccountRow",
    "LevelCursor",
    "LevelRow",
    "LevelsWanted",
    "Mention",
    "MetricRow",
    "ModelVersion",
    "MoneyClaim",
    "MoneyEntry",
    "MoveCursor",
    "MoveRow",
    "NoSuchGrain",
    "OrderDetail",
    "OrderHead",
    "OrderRisk",
    "OrderRow",
    "OrderSku",
    "OrderStock",
    "Ownership",
    "ParkedSku",
    "Part",
    "PlaceFacts",
    "PromiseVersion",
    "ProofFigures",
    "ProofRow",
    "QueueCursor",
    "QueueRow",
    "QuotaRule",
    "RawRow",
    "ReconAsked",
    "ReconCursor",
    "ReconDeed",
    "ReconGroup",
    "ReconJournalRow",
    "ReconRules",
    "ReconRun",
    "ReconSummary",
    "ReconWanted",
    "RefusedCell",
    "RefusedFile",
    "Replay",
    "RequestState",
    "RestatedSpan",
    "RetentionOver",
    "RiskNow",
    "RiskPoint",
    "RiskRow",
    "SavedView",
    "SettlementLine",
    "SettlementRuleRow",
    "ShortSku",
    "SkuDetail",
    "SnapshotEntry",
    "SnapshotRow",
    "Source",
    "SourceRow",
    "SourceRows",
    "Span",
    "StatementRow",
    "StockAlert",
    "StockRule",
    "StockSummary",
    "Target",
    "UpliftWeek",
    "Version",
    "Wanted",
    "WeekFacts",
    "WorkOrderRuleRow",
    "action_saves",
    "capacity_today",
    "case_of",
    "flow_board",
    "inbox",
    "inbox_count",
    "open_intents",
    "queue_counts",
    "queue_page",
    "stock_alerts",
    "stock_channel_gaps",
    "stock_channel_sums",
    "stock_conflicts",
    "stock_endangered",
    "stock_exposure",
    "stock_hold_counts",
    "stock_hold_rules",
    "stock_holds",
    "stock_levels",
    "stock_metrics",
    "stock_moves",
    "stock_parked",
    "stock_quotas",
    "stock_replay",
    "stock_rules",
    "stock_short_skus",
    "stock_sku",
    "stock_summary",
    "uplift_weeks",
    "workbench_kpi_days",
    "workbench_people",
    "workbench_rules",
]


@dataclass(frozen=True)
class Choices:
    """What the filter bar offers: codes and, where the data has them, names in (Chinese, English); ``areas`` with the regions of each."""

    channels: tuple[str, ...]
    regions: tuple[tuple[str, str, str], ...]
    categories: tuple[str, ...]
    warehouses: tuple[tuple[str, str], ...]
    carriers: tuple[tuple[str, str, str], ...]
    shops: tuple[tuple[str, str, str], ...]
    areas: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class OrderDetail:
    """One order and all that is known and was done about it; ``names`` are those of the people in it."""

    head: OrderHead
    events: list[EventStatement]
    lines: list[DetailLine]
    claims: list[MoneyClaim]
    rows: list[SourceRow]
    contact: ContactState
    ownership: Ownership
    history: list[Deed]
    colleagues: list[Colleague]
    names: dict[str, str]
    stock: OrderStock | None = None


def choices(engine: Engine, *, scope: Scope) -> Choices:
    """Return what this person can filter by."""
    with reading(engine) as connection:
        return Choices(
            channels=tuple(_choices.channels(connection, scope=scope)),
            regions=tuple(_choices.region_names(connection, scope=scope)),
            categories=tuple(_choices.categories(connection, scope=scope)),
            warehouses=tuple(_choices.warehouse_names(connection, scope=scope)),
            carriers=tuple(_choices.carrier_names(connection)),
            shops=tuple(_choices.shop_names(connection, scope=scope)),
            areas=tuple(_choices.areas(connection)),
        )


def orders_by_minute(engine: Engine, *, scope: Scope, cut: Cut) -> pd.DataFrame:
    """Count orders placed: one row a minute that has any, ``minute, orders`` (UTC)."""
    with reading(engine) as connection:
        return _frame(_overview.orders_by_minute(connection, scope=scope, cut=cut), columns=("minute", "orders"))


def health(engine: Engine, *, scope: Scope, part: Part, zone: str, span: Span) -> HealthFacts | None:
    """Read what a page about the index of some closed days needs, from one snapshot; see ``data.queries.health_facts``."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        return _health.facts(connection, scope=scope, part=part, zone=zone, span=span)


def snapshot(engine: Engine, *, scope: Scope) -> SnapshotRow | None:
    """Return the snapshot that pages read now."""
    with reading(engine) as connection:
        return _health.latest_snapshot(connection, scope=scope)


def open_promises(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> dict[str, int] | None:
    """Judge the open orders as of an instant: ``open``, ``overdue``, ``due_soon``."""
    with reading(engine) as connection:
        return _health.open_now(connection, scope=scope, part=part, as_of=as_of)


def due_lately(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]] | None:
    """Count orders whose promise fell due in the last 5, 60 and 360 minutes: minutes -> (bad, units)."""
    with reading(engine) as connection:
        return _health.due_lately(connection, scope=scope, part=part, as_of=as_of)


def entries_behind(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    since: datetime,
    until: datetime,
    zone: str,
    after: EntryCursor | None = None,
    limit: int = _entries.PAGE,
) -> list[EntryBehind]:
    """Return one page of the settlement entries behind component C3; see ``data.queries.entries_behind``."""
    with reading(engine) as connection:
        return _entries.entries_behind(connection, scope=scope, part=part, since=since, until=until, zone=zone, after=after, limit=limit)


def orders_behind(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    component: str,
    since: datetime,
    until: datetime,
    bad_only: bool,
    after: tuple[datetime, str, str] | None = None,
    limit: int = _behind.PAGE,
) -> list[BehindRow]:
    """Return one page of the orders behind a component of the index; see ``data.queries.behind``."""
    with reading(engine) as connection:
        return _behind.orders_behind(
            connection,
            scope=scope,
            part=part,
            component=component,
            since=since,
            until=until,
            bad_only=bad_only,
            after=after,
            limit=limit,
        )


def order_detail(engine: Engine, *, scope: Scope, shop_id: str, order_no: str) -> OrderDetail | None:
    """Return an order with all that is known of it, as of one instant; None outside the scope as for one that is not there."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        head = _detail.order_head(connection, scope=scope, shop_id=shop_id, order_no=order_no)
        if head is None:
            return None
        owned, deeds = _handling.ownership(connection, shop_id=shop_id, order_no=order_no), _handling.history(connection, head=head)
        named = {person for deed in deeds for person in (deed.person_id, *_named_in(deed))} | {owned.owner or "", owned.set_by}
        return OrderDetail(
            head=head,
            events=_detail.event_statements(connection, head=head),
            lines=_detail.order_lines_of(connection, head=head),
            claims=_detail.money_claims(connection, head=head),
            rows=_detail.source_rows(connection, head=head),
            contact=_handling.contact_state(connection, shop_id=shop_id, order_no=order_no),
            ownership=owned,
            history=deeds,
            colleagues=_handling.colleagues(connection, head=head),
            names=_handling.names_of(connection, person_ids=named),
            stock=_stock_order.order_stock(connection, scope=scope, shop_id=shop_id, order_no=order_no),
        )


def order_source_rows(
    engine: Engine, *, scope: Scope, settings: Settings, shop_id: str, order_no: str, most_bytes: int | None = None
) -> SourceRows | None:
    """Return every row that an order came from, its files read again, those that unpack to more than ``most_bytes`` not.

    None outside the scope.
    """
    with reading(engine) as connection:
        head = _detail.order_head(connection, scope=scope, shop_id=shop_id, order_no=order_no)
        origins = [] if head is None else _order_sources.origins(connection, head=head)
    return None if head is None else _order_sources.all_rows(origins, settings=settings, head=head, most_bytes=most_bytes)


def order_raw_row(
    engine: Engine, *, scope: Scope, settings: Settings, shop_id: str, order_no: str, file_id: int, row_number: int
) -> RawRow | None:
    """Return one of an order's own rows as it stands in its file, contacts masked; None where there is no such row.

    ``RetentionOver`` when the kept file is gone; ``actions.reveal_order_row`` is the one way to see the contacts.
    """
    with reading(engine) as connection:
        head = _detail.order_head(connection, scope=scope, shop_id=shop_id, order_no=order_no)
        origins = [] if head is None else _order_sources.origins(connection, head=head, file_id=file_id)
    kept = None if head is None else _order_sources.file_of_row(origins, settings=settings, head=head, row_number=row_number)
    if kept is None:
        return None
    if kept.erased_at is not None:
        raise RetentionOver
    return raw_cells(settings, sha256=kept.sha256, name=kept.name, source=kept.source, numbers=[row_number]).get(row_number)


def order_span(engine: Engine, *, scope: Scope) -> tuple[datetime, datetime] | None:
    """Say when the first and the last visible order were placed."""
    with reading(engine) as connection:
        return _overview.order_span(connection, scope=scope)


def sources(engine: Engine, *, scope: Scope, since: datetime) -> list[Source]:
    """Return every source: its last files and its sums since an instant."""
    with reading(engine) as connection:
        return _sources.sources(connection, scope=scope, since=since)


def fresh_shops(engine: Engine, *, scope: Scope) -> list[tuple[str, datetime | None]]:
    """Say of each shop that ever sent more than masters when its last live file came; "" stands for files of many shops."""
    with reading(engine) as connection:
        return _sources.fresh_shops(connection, scope=scope)


def last_learnt_at(engine: Engine, *, scope: Scope) -> datetime | None:
    """Say when the last visible file was taken in."""
    with reading(engine) as connection:
        return _sources.last_learnt_at(connection, scope=scope)


def whole_refusals(engine: Engine, *, scope: Scope) -> list[RefusedFile]:
    """Return the files that were refused whole and still are."""
    with reading(engine) as connection:
        return _sources.whole_refusals(connection, scope=scope)


def refused_rows(
    engine: Engine,
    *,
    scope: Scope,
    shop_ids: Collection[str] | None = None,
    source: str | None = None,
    after: tuple[int, int, str] | None = None,
    limit: int = _sources.PAGE,
) -> list[RefusedCell]:
    """Return one page of refused cells, newest file first."""
    with reading(engine) as connection:
        return _sources.refused_rows(connection, scope=scope, shop_ids=shop_ids, source=source, after=after, limit=limit)


def raw_rows(engine: Engine, *, scope: Scope, settings: Settings, run_id: int, numbers: Collection[int]) -> dict[int, RawRow]:
    """Return refused rows as they stand in their file, contacts masked; ``actions.reveal_row`` is the one way to see them.

    Nothing for a run outside the scope; ``RetentionOver`` when the kept file is gone.
    """
    with reading(engine) as connection:
        kept = _sources.kept_file(connection, scope=scope, run_id=run_id)
    if kept is None:
        return {}
    if kept.erased_at is not None:
        raise RetentionOver
    return raw_cells(settings, sha256=kept.sha256, name=kept.name, source=kept.source, numbers=numbers)


def jobs(engine: Engine, *, scope: Scope) -> list[JobState]:
    """Return every job with its schedule and its last run."""
    with reading(engine) as connection:
        return _jobs.jobs(connection, scope=scope)


def requests(engine: Engine, *, scope: Scope, person_id: str) -> list[RequestState]:
    """Return what this person asked the jobs to do, newest first."""
    with reading(engine) as connection:
        return _jobs.requests(connection, scope=scope, person_id=person_id)


def heartbeat_at(engine: Engine, *, scope: Scope) -> datetime | None:
    """Say when the jobs process last beat."""
    with reading(engine) as connection:
        return _jobs.heartbeat_at(connection, scope=scope)


def targets(engine: Engine, *, scope: Scope) -> list[Target]:
    """Return every target ever set that this person may see; ``models.health.targets.target_for`` says which one is in force."""
    with reading(engine) as connection:
        return _targets.targets(connection, scope=scope)


def index_versions(engine: Engine, *, scope: Scope) -> list[Version]:
    """Return every version of the index's definition, the newest first."""
    with reading(engine) as connection:
        return _definitions.versions(connection)


def snapshots(engine: Engine, *, scope: Scope, limit: int) -> list[SnapshotEntry]:
    """Return the last snapshots to whoever sees anything, the newest first."""
    with reading(engine) as connection:
        seen = _health.latest_snapshot(connection, scope=scope) is not None
        return _definitions.snapshots(connection, scope=scope, limit=limit) if seen else []


def restated_spans(engine: Engine, *, scope: Scope, limit: int) -> list[RestatedSpan]:
    """Return the spans whose index is no longer what was published; nothing to people with limits."""
    with reading(engine) as connection:
        return _definitions.restated_spans(connection, scope=scope, limit=limit)


def promise_rules(engine: Engine, *, scope: Scope) -> list[PromiseVersion]:
    """Return every version of every promise rule this person may see."""
    with reading(engine) as connection:
        return _promises.promise_rules(connection, scope=scope)


def delay_rules(engine: Engine, *, scope: Scope) -> list[RuleVersion]:
    """Return every version of every rule of the delay model this person may see, by channel, the newest first."""
    with reading(engine) as connection:
        return _delay_rules.delay_rule_versions(connection, scope=scope)


def calendars(engine: Engine, *, scope: Scope) -> list[str]:
    """Return the names of the calendars of the visible shops, the mainland's first."""
    with reading(engine) as connection:
        return _promises.calendars(connection, scope=scope)


def calendar_month(engine: Engine, *, scope: Scope, calendar: str, month: date) -> list[CalendarDay]:
    """Return every day of a month of one of these calendars."""
    with reading(engine) as connection:
        if calendar not in _promises.calendars(connection, scope=scope):
            return []
        return _promises.calendar_month(connection, calendar=calendar, month=month)


def split(engine: Engine, *, scope: Scope, part: Part, by: str, span: Span, zone: str) -> pd.DataFrame:
    """Split a part along a dimension: one row a ``value`` and every measure over the days of ``span``; see ``data.queries.drill``."""
    with reading(engine) as connection:
        return _drill.split(connection, scope=scope, part=part, by=by, first=span.first, last=span.last, zone=zone)


def by_day(engine: Engine, *, scope: Scope, part: Part, span: Span, zone: str) -> pd.DataFrame:
    """Return a part day by day: one row a ``value`` (the business day) and every measure."""
    with reading(engine) as connection:
        return _drill.by_day(connection, scope=scope, part=part, first=span.first, last=span.last, zone=zone)


def open_stages(engine: Engine, *, scope: Scope, part: Part, as_of: datetime, by: str | None = None) -> pd.DataFrame:
    """Count the orders that stand in an open stage as of an instant: ``value, stage, stuck, orders``."""
    with reading(engine) as connection:
        return _stages.open_stages(connection, scope=scope, part=part, as_of=as_of, by=by)


def delivered_lately(engine: Engine, *, scope: Scope, part: Part, today: date, by: str | None = None) -> pd.DataFrame:
    """Count the orders delivered or completed on the last 30 business days: ``value, orders``."""
    with reading(engine) as connection:
        return _stages.delivered_lately(connection, scope=scope, part=part, today=today, by=by)


def stays(engine: Engine, *, scope: Scope, part: Part, span: Span, by: str | None = None) -> pd.DataFrame:
    """Count how long orders stayed in the stages they left: ``value, stage, bucket, orders``."""
    with reading(engine) as connection:
        return _stages.stays(connection, scope=scope, part=part, first=span.first, last=span.last, by=by)


def share_moves(engine: Engine, *, scope: Scope, part: Part) -> pd.DataFrame:
    """Return by how many orders each share of stages grew on each business day: ``day, to_process, shipped, stuck``."""
    with reading(engine) as connection:
        return _stages.share_moves(connection, scope=scope, part=part)


def variants(engine: Engine, *, scope: Scope, part: Part, span: Span) -> pd.DataFrame:
    """Return the ways taken by orders created in ``span``: ``path, orders, due, on_time, shipped_exact, shipped_exact_seconds``."""
    with reading(engine) as connection:
        return _stages.variants(connection, scope=scope, part=part, first=span.first, last=span.last)


def stage_limits(engine: Engine, *, scope: Scope) -> pd.DataFrame:
    """Return the limits of stages: ``channel, stage, seconds, source, orders``."""
    with reading(engine) as connection:
        return _stages.limits(connection, scope=scope)


def orders_page(
    engine: Engine, *, scope: Scope, part: Part, wanted: Wanted, after: Cursor | None = None, limit: int = _list.PAGE
) -> list[OrderRow]:
    """Return one page of a list of orders; see ``data.queries.order_list``."""
    with reading(engine) as connection:
        return _list.orders_page(connection, scope=scope, part=part, wanted=wanted, after=after, limit=limit)


def saved_views(engine: Engine, *, scope: Scope, person_id: str, page: str) -> list[SavedView]:
    """Return the views of a page that this person saved, then those that others share; see ``data.queries.saved_views``."""
    with reading(engine) as connection:
        return _views.views_of(connection, scope=scope, person_id=person_id, page=page)


def recon_currencies(engine: Engine, *, scope: Scope) -> list[str]:
    """Return the currencies that there are results of reconciliation in."""
    with reading(engine) as connection:
        return _reconciliation.currencies(connection, scope=scope)


def recon_summary(engine: Engine, *, scope: Scope, asked: ReconAsked) -> ReconSummary | None:
    """Return what a reconciliation comes to, from one state of the data; see ``data.queries.reconciliation``."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        return _reconciliation.summary(connection, scope=scope, asked=asked)


def recon_groups(engine: Engine, *, scope: Scope, asked: ReconAsked, as_of: datetime) -> list[ReconGroup]:
    """Count differences by label, channel and state."""
    with reading(engine) as connection:
        return _reconciliation.groups(connection, scope=scope, asked=asked, as_of=as_of)


def recon_differences(
    engine: Engine,
    *,
    scope: Scope,
    asked: ReconAsked,
    wanted: ReconWanted,
    after: ReconCursor | None = None,
    limit: int = _queue.PAGE,
) -> list[DifferenceRow]:
    """Return one page of differences; see ``data.queries.reconciliation_queue``."""
    with reading(engine) as connection:
        return _queue.differences(connection, scope=scope, asked=asked, wanted=wanted, after=after, limit=limit)


def recon_difference(engine: Engine, *, scope: Scope, difference_id: int) -> DifferenceDetail | None:
    """Return a difference with all that is known of it, as of one instant; None outside the scope as for one that is not there."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        return _difference.difference(connection, scope=scope, difference_id=difference_id)


def recon_colleagues(engine: Engine, *, scope: Scope, difference_ids: tuple[int, ...]) -> list[Colleague]:
    """Return the people who may look after all of some differences."""
    with reading(engine) as connection:
        return _queue.colleagues(connection, scope=scope, difference_ids=difference_ids)


def recon_proof(engine: Engine, *, scope: Scope, asked: ReconAsked) -> list[ProofRow]:
    """Return the proofs that the runs stored of every level, currency, channel and day, beside what is shown of it."""
    with reading(engine) as connection:
        return _proof.proof(connection, scope=scope, asked=asked)


def recon_statements(engine: Engine, *, scope: Scope, asked: ReconAsked, zone: str) -> list[StatementRow]:
    """Return the statements of some days, those whose balance is not proven first."""
    with reading(engine) as connection:
        return _books.statements(connection, scope=scope, asked=asked, zone=zone)


def recon_runs(engine: Engine, *, scope: Scope, limit: int) -> list[ReconRun]:
    """Return the last runs of the reconciliation, the newest first."""
    with reading(engine) as connection:
        return _books.runs(connection, scope=scope, limit=limit)


def recon_ledger_accounts(engine: Engine, *, scope: Scope) -> list[LedgerAccountRow]:
    """Return the chart of accounts."""
    with reading(engine) as connection:
        return _books.ledger_accounts(connection)


def recon_rules(engine: Engine, *, scope: Scope) -> ReconRules:
    """Return the merchant's own rules of reconciliation."""
    with reading(engine) as connection:
        return _recon_rules.rules(connection, scope=scope)


def recon_journal(
    engine: Engine, *, scope: Scope, asked: ReconAsked, after: tuple[int, int] | None = None, limit: int = 500
) -> list[ReconJournalRow]:
    """Return one page of the suggested entries, line by line."""
    with reading(engine) as connection:
        return _books.journal(connection, scope=scope, asked=asked, after=after, limit=limit)


def _named_in(deed: Deed) -> Iterator[str]:
    """Return the people that a deed names beside the one who did it."""
    for value in (deed.detail.get("owner"), deed.detail.get("was"), *deed.detail.get("mentions", ())):
        if isinstance(value, str):
            yield value


def delay_models(engine: Engine, *, scope: Scope) -> list[ModelVersion]:
    """Return the versions of the delay model, the newest first; of their figures and rules by channel those that the scope sees alone."""
    with reading(engine) as connection:
        if not (seen := set(_choices.channels(connection, scope=scope))):
            return []
        # a channel may have a rule though it has no shop any more
        seen |= {rule.channel for rule in _delay_rules.delay_rule_versions(connection, scope=scope)}
        return [_registry.of_channels(version, seen) for version in _registry.model_versions(connection)]


def delay_drift(engine: Engine, *, scope: Scope) -> list[DriftRow]:
    """Return what the last check of the models in use found, to whoever sees anything."""
    with reading(engine) as connection:
        return _registry.last_drift(connection) if _choices.channels(connection, scope=scope) else []


def risk_now(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> RiskNow | None:
    """Sum the present risk of the open orders; None where there is none to be seen."""
    with reading(engine) as connection:
        return _risk.risk_now(connection, scope=scope, part=part, as_of=as_of)


def risk_spread(engine: Engine, *, scope: Scope, part: Part, as_of: datetime, by: str) -> pd.DataFrame:
    """Count the open orders by a dimension of SPLITS and band of risk: ``value, band, orders, expected``."""
    with reading(engine) as connection:
        return _risk.risk_spread(connection, scope=scope, part=part, as_of=as_of, by=by)


def riskiest(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> list[RiskRow]:
    """Return the open orders most likely to be late that are not so yet."""
    with reading(engine) as connection:
        return _risk.riskiest(connection, scope=scope, part=part, as_of=as_of)


def week_promise(engine: Engine, *, scope: Scope, part: Part, zone: str, as_of: datetime) -> WeekFacts | None:
    """Judge the promises of the business week; None where none falls due in it."""
    with reading(engine) as connection:
        found = _risk.week_promise(connection, scope=scope, part=part, zone=zone, as_of=as_of)
    return found if found.done_due or found.open_due else None


def order_risk(engine: Engine, *, scope: Scope, shop_id: str, order_no: str) -> OrderRisk | None:
    """Return the risk of an order and how it has gone; None outside the scope as for one that was never scored."""
    with reading(engine) as connection:
        head = _detail.order_head(connection, scope=scope, shop_id=shop_id, order_no=order_no)
        return None if head is None else _risk_order.order_risk(connection, shop_id=shop_id, order_no=order_no)


def _frame(rows: Sequence[tuple[Any, ...]], *, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return rows as a frame that has its columns even when it has no rows."""
    return pd.DataFrame(rows, columns=list(columns))


READS: tuple[Callable[..., Any], ...] = (
    choices,
    orders_by_minute,
    health,
    snapshot,
    open_promises,
    due_lately,
    entries_behind,
    orders_behind,
    split,
    by_day,
    open_stages,
    delivered_lately,
    stays,
    share_moves,
    variants,
    stage_limits,
    orders_page,
    order_detail,
    order_raw_row,
    order_source_rows,
    order_span,
    sources,
    fresh_shops,
    last_learnt_at,
    whole_refusals,
    refused_rows,
    raw_rows,
    jobs,
    requests,
    heartbeat_at,
    targets,
    index_versions,
    snapshots,
    restated_spans,
    promise_rules,
    delay_rules,
    calendars,
    calendar_month,
    saved_views,
    recon_currencies,
    recon_summary,
    recon_groups,
    recon_differences,
    recon_difference,
    recon_colleagues,
    recon_proof,
    recon_statements,
    recon_runs,
    recon_ledger_accounts,
    recon_rules,
    recon_journal,
    *STOCK_READS,
    *WORKBENCH_READS,
    delay_models,
    delay_drift,
    risk_now,
    risk_spread,
    riskiest,
    week_promise,
    order_risk,
)
