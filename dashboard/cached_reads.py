"""Which answers of the database may be a little old, and how old?

Every read of a page goes through here, keyed by scope and cut; no ``st.*`` and no ``except`` inside, for a cached failure is a lie.
"""

from datetime import date, datetime

import pandas as pd
import streamlit as st

from data import api, reads
from data.api import engine, settings
from data.reads import (
    ActionSaves,
    BehindRow,
    CalendarDay,
    Capacity,
    ChannelSum,
    Choices,
    Colleague,
    ConflictCursor,
    ConflictRow,
    Cursor,
    Cut,
    DifferenceRow,
    DriftRow,
    EntryBehind,
    EntryCursor,
    Exposure,
    FlowColumn,
    GapCursor,
    GapRow,
    HealthFacts,
    HoldCounts,
    HoldCursor,
    HoldRow,
    HoldRule,
    HoldsWanted,
    Intent,
    JobState,
    KpiDay,
    LedgerAccountRow,
    LevelCursor,
    LevelRow,
    LevelsWanted,
    MetricRow,
    ModelVersion,
    OrderRow,
    ParkedSku,
    Part,
    PromiseVersion,
    ProofRow,
    QueueCursor,
    QueueRow,
    QuotaRule,
    ReconAsked,
    ReconCursor,
    ReconGroup,
    ReconRules,
    ReconRun,
    ReconSummary,
    ReconWanted,
    RefusedCell,
    RefusedFile,
    Replay,
    RequestState,
    RestatedSpan,
    RiskNow,
    RiskRow,
    SavedView,
    ShortSku,
    SnapshotEntry,
    SnapshotRow,
    Source,
    SourceRow,
    SourceRows,
    Span,
    StatementRow,
    StockAlert,
    StockRule,
    StockSummary,
    Target,
    Version,
    Wanted,
    WeekFacts,
)
from models.delay_risk.rules import RuleVersion
from models.people import Person
from models.scope import Scope
from models.workbench.rules import Rules
from models.workbench.uplift import UpliftWeek


def forget() -> None:
    """Forget every answer, so that the next look asks again."""
    st.cache_data.clear()
    st.cache_resource.clear()


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def choices(scope: Scope) -> Choices:
    """Return what this scope can filter by."""
    return reads.choices(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def orders_by_minute(scope: Scope, cut: Cut) -> pd.DataFrame:
    """Count orders placed by minute."""
    return reads.orders_by_minute(engine(), scope=scope, cut=cut)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def order_span(scope: Scope) -> tuple[datetime, datetime] | None:
    """Say when the first and the last visible order were placed."""
    return reads.order_span(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def sources(scope: Scope, since: datetime) -> list[Source]:
    """Return every source."""
    return reads.sources(engine(), scope=scope, since=since)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def fresh_shops(scope: Scope) -> list[tuple[str, datetime | None]]:
    """Say when each shop's last live file came."""
    return reads.fresh_shops(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def last_learnt_at(scope: Scope) -> datetime | None:
    """Say when the last visible file was taken in."""
    return reads.last_learnt_at(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def whole_refusals(scope: Scope) -> list[RefusedFile]:
    """Return the files that are refused whole."""
    return reads.whole_refusals(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def refused_rows(scope: Scope, shop_ids: tuple[str, ...], source: str | None) -> list[RefusedCell]:
    """Return the newest refused cells of some shops."""
    return reads.refused_rows(engine(), scope=scope, shop_ids=shop_ids, source=source)


@st.cache_data(ttl="60s", max_entries=4, show_spinner=False)
def source_titles() -> dict[str, tuple[str, str]]:
    """Return what each source is called in both languages."""
    return api.source_titles(settings())


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def jobs(scope: Scope) -> list[JobState]:
    """Return every job."""
    return reads.jobs(engine(), scope=scope)


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def requests(scope: Scope, person_id: str) -> list[RequestState]:
    """Return what this person asked the jobs to do."""
    return reads.requests(engine(), scope=scope, person_id=person_id)


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def heartbeat_at(scope: Scope) -> datetime | None:
    """Say when the jobs process last beat."""
    return reads.heartbeat_at(engine(), scope=scope)


@st.cache_data(ttl="10s", max_entries=64, show_spinner=False)
def snapshot(scope: Scope) -> SnapshotRow | None:
    """Return the snapshot that pages read now."""
    return reads.snapshot(engine(), scope=scope)


def health(scope: Scope, part: Part, zone: str, span: Span) -> HealthFacts | None:
    """Read what the index of a span is made of; ``dashboard.health`` keeps what it makes of it, not a copy for each look."""
    return reads.health(engine(), scope=scope, part=part, zone=zone, span=span)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def open_promises(scope: Scope, part: Part, as_of: datetime) -> dict[str, int] | None:
    """Judge the open orders as of a minute."""
    return reads.open_promises(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def due_lately(scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]] | None:
    """Count what fell due lately."""
    return reads.due_lately(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def entries_behind(scope: Scope, part: Part, since: datetime, until: datetime, zone: str, after: EntryCursor | None) -> list[EntryBehind]:
    """Return one page of the settlement entries behind component C3."""
    return reads.entries_behind(engine(), scope=scope, part=part, since=since, until=until, zone=zone, after=after)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def orders_behind(
    scope: Scope,
    part: Part,
    component: str,
    since: datetime,
    until: datetime,
    bad_only: bool,
    after: tuple[datetime, str, str] | None,
) -> list[BehindRow]:
    """Return one page of the orders behind a component."""
    return reads.orders_behind(
        engine(), scope=scope, part=part, component=component, since=since, until=until, bad_only=bad_only, after=after
    )


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def targets(scope: Scope) -> list[Target]:
    """Return every target ever set."""
    return reads.targets(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def index_versions(scope: Scope) -> list[Version]:
    """Return every version of the index's definition."""
    return reads.index_versions(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def snapshots(scope: Scope, limit: int) -> list[SnapshotEntry]:
    """Return the last snapshots."""
    return reads.snapshots(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def restated_spans(scope: Scope, limit: int) -> list[RestatedSpan]:
    """Return the spans whose index has moved since it was published."""
    return reads.restated_spans(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def promise_rules(scope: Scope) -> list[PromiseVersion]:
    """Return every version of every promise rule."""
    return reads.promise_rules(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def delay_rules(scope: Scope) -> list[RuleVersion]:
    """Return every version of every rule of the delay model."""
    return reads.delay_rules(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def calendars(scope: Scope) -> list[str]:
    """Return the names of the calendars."""
    return reads.calendars(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def calendar_month(scope: Scope, calendar: str, month: date) -> list[CalendarDay]:
    """Return every day of a month of a calendar."""
    return reads.calendar_month(engine(), scope=scope, calendar=calendar, month=month)


@st.cache_data(ttl="15s", max_entries=128, show_spinner=False)
def open_stages(scope: Scope, part: Part, as_of: datetime, by: str | None) -> pd.DataFrame:
    """Count the orders of each open stage as of a minute."""
    return reads.open_stages(engine(), scope=scope, part=part, as_of=as_of, by=by)


@st.cache_data(ttl="10m", max_entries=128, show_spinner=False)
def delivered_lately(scope: Scope, part: Part, today: date, by: str | None, snapshot_id: int) -> pd.DataFrame:
    """Count the orders delivered lately; a snapshot's answers do not age."""
    return reads.delivered_lately(engine(), scope=scope, part=part, today=today, by=by)


@st.cache_data(ttl="10m", max_entries=128, show_spinner=False)
def stays(scope: Scope, part: Part, span: Span, by: str | None, snapshot_id: int) -> pd.DataFrame:
    """Count how long orders stayed in their stages."""
    return reads.stays(engine(), scope=scope, part=part, span=span, by=by)


@st.cache_data(ttl="10m", max_entries=64, show_spinner=False)
def share_moves(scope: Scope, part: Part, snapshot_id: int) -> pd.DataFrame:
    """Return by how many orders the shares of stages grew each day."""
    return reads.share_moves(engine(), scope=scope, part=part)


@st.cache_data(ttl="10m", max_entries=64, show_spinner=False)
def variants(scope: Scope, part: Part, span: Span, snapshot_id: int) -> pd.DataFrame:
    """Return the ways orders took."""
    return reads.variants(engine(), scope=scope, part=part, span=span)


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def stage_limits(scope: Scope) -> pd.DataFrame:
    """Return the limits of stages."""
    return reads.stage_limits(engine(), scope=scope)


@st.cache_data(ttl="10m", max_entries=128, show_spinner=False)
def split(scope: Scope, part: Part, by: str, span: Span, zone: str, snapshot_id: int) -> pd.DataFrame:
    """Split a part along a dimension."""
    return reads.split(engine(), scope=scope, part=part, by=by, span=span, zone=zone)


@st.cache_data(ttl="10m", max_entries=64, show_spinner=False)
def order_source_rows(scope: Scope, shop_id: str, order_no: str, known: tuple[SourceRow, ...], most_bytes: int | None) -> SourceRows | None:
    """Return every row that an order came from; ``known`` are those that are stored, so that a new file is seen at once."""
    key = {"shop_id": shop_id, "order_no": order_no}
    return reads.order_source_rows(engine(), scope=scope, settings=settings(), **key, most_bytes=most_bytes)


@st.cache_data(ttl="15s", max_entries=128, show_spinner=False)
def orders_page(scope: Scope, part: Part, wanted: Wanted, after: Cursor | None) -> list[OrderRow]:
    """Return one page of a list of orders."""
    return reads.orders_page(engine(), scope=scope, part=part, wanted=wanted, after=after)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def saved_views(scope: Scope, person_id: str, page: str) -> list[SavedView]:
    """Return the views of a page that this person saved and those that others share."""
    return reads.saved_views(engine(), scope=scope, person_id=person_id, page=page)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def recon_summary(scope: Scope, asked: ReconAsked) -> ReconSummary | None:
    """Return the sums of a reconciliation."""
    return reads.recon_summary(engine(), scope=scope, asked=asked)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def recon_groups(scope: Scope, asked: ReconAsked, as_of: datetime) -> list[ReconGroup]:
    """Count the differences by label and channel."""
    return reads.recon_groups(engine(), scope=scope, asked=asked, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def recon_differences(scope: Scope, asked: ReconAsked, wanted: ReconWanted, after: ReconCursor | None) -> list[DifferenceRow]:
    """Return one page of differences."""
    return reads.recon_differences(engine(), scope=scope, asked=asked, wanted=wanted, after=after)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def recon_colleagues(scope: Scope, difference_ids: tuple[int, ...]) -> list[Colleague]:
    """Return who may look after all of some differences."""
    return reads.recon_colleagues(engine(), scope=scope, difference_ids=difference_ids)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def recon_proof(scope: Scope, asked: ReconAsked) -> list[ProofRow]:
    """Return the proofs that the runs stored, beside what is shown."""
    return reads.recon_proof(engine(), scope=scope, asked=asked)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def recon_statements(scope: Scope, asked: ReconAsked, zone: str) -> list[StatementRow]:
    """Return the statements of some days."""
    return reads.recon_statements(engine(), scope=scope, asked=asked, zone=zone)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def recon_runs(scope: Scope, limit: int) -> list[ReconRun]:
    """Return the last runs, the newest first."""
    return reads.recon_runs(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def recon_ledger_accounts(scope: Scope) -> list[LedgerAccountRow]:
    """Return the chart of accounts."""
    return reads.recon_ledger_accounts(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def recon_rules(scope: Scope) -> ReconRules:
    """Return the merchant's own rules of reconciliation."""
    return reads.recon_rules(engine(), scope=scope)


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def recon_currencies(scope: Scope) -> list[str]:
    """Return the currencies that there is money of."""
    return reads.recon_currencies(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=16, show_spinner=False)
def delay_models(scope: Scope) -> list[ModelVersion]:
    """Return the versions of the delay model."""
    return reads.delay_models(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=16, show_spinner=False)
def delay_drift(scope: Scope) -> list[DriftRow]:
    """Return what the last check of the models in use found."""
    return reads.delay_drift(engine(), scope=scope)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def risk_now(scope: Scope, part: Part, as_of: datetime) -> RiskNow | None:
    """Sum the present risk of the open orders as of a minute."""
    return reads.risk_now(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def risk_spread(scope: Scope, part: Part, as_of: datetime, by: str) -> pd.DataFrame:
    """Count the open orders by a dimension and band of risk."""
    return reads.risk_spread(engine(), scope=scope, part=part, as_of=as_of, by=by)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def riskiest(scope: Scope, part: Part, as_of: datetime) -> list[RiskRow]:
    """Return the open orders most likely to be late."""
    return reads.riskiest(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def week_promise(scope: Scope, part: Part, zone: str, as_of: datetime) -> WeekFacts | None:
    """Judge the promises of the business week."""
    return reads.week_promise(engine(), scope=scope, part=part, zone=zone, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_summary(scope: Scope, part: Part, as_of: datetime) -> StockSummary | None:
    """Return what all levels come to."""
    return reads.stock_summary(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_exposure(scope: Scope, part: Part, since: datetime, until: datetime) -> Exposure | None:
    """Return what orders want and nothing covers."""
    return reads.stock_exposure(engine(), scope=scope, part=part, since=since, until=until)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_levels(scope: Scope, part: Part, wanted: LevelsWanted, as_of: datetime, after: LevelCursor | None) -> list[LevelRow]:
    """Return one page of levels."""
    return reads.stock_levels(engine(), scope=scope, part=part, wanted=wanted, as_of=as_of, after=after)


@st.cache_data(ttl="10s", max_entries=64, show_spinner=False)
def stock_holds(scope: Scope, part: Part, wanted: HoldsWanted, as_of: datetime, after: HoldCursor | None) -> list[HoldRow]:
    """Return one page of holds."""
    return reads.stock_holds(engine(), scope=scope, part=part, wanted=wanted, as_of=as_of, after=after)


@st.cache_data(ttl="10s", max_entries=64, show_spinner=False)
def stock_hold_counts(scope: Scope, part: Part, as_of: datetime) -> HoldCounts | None:
    """Count open holds."""
    return reads.stock_hold_counts(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_endangered(scope: Scope, part: Part, as_of: datetime) -> list[HoldRow]:
    """Return the holds that what really lies there does not cover."""
    return reads.stock_endangered(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_short_skus(scope: Scope, part: Part, as_of: datetime) -> list[ShortSku]:
    """Return the SKUs of which most is short."""
    return reads.stock_short_skus(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_conflicts(
    scope: Scope, part: Part, as_of: datetime, sku_code: str | None, state: str | None, after: ConflictCursor | None
) -> list[ConflictRow]:
    """Return one page of what orders want and do not get."""
    return reads.stock_conflicts(engine(), scope=scope, part=part, as_of=as_of, sku_code=sku_code, state=state, after=after)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_channel_sums(scope: Scope, part: Part) -> list[ChannelSum]:
    """Return what each shop shows against what it was told."""
    return reads.stock_channel_sums(engine(), scope=scope, part=part)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_channel_gaps(scope: Scope, part: Part, as_of: datetime, state: str | None, after: GapCursor | None) -> list[GapRow]:
    """Return one page of items of shops."""
    return reads.stock_channel_gaps(engine(), scope=scope, part=part, as_of=as_of, state=state, after=after)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def stock_rules(scope: Scope, search: str) -> list[StockRule]:
    """Return the thresholds."""
    return reads.stock_rules(engine(), scope=scope, search=search)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def stock_quotas(scope: Scope, search: str) -> list[QuotaRule]:
    """Return the quotas."""
    return reads.stock_quotas(engine(), scope=scope, search=search)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def stock_hold_rules(scope: Scope) -> list[HoldRule]:
    """Return how long orders hold stock."""
    return reads.stock_hold_rules(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_parked(scope: Scope) -> list[ParkedSku]:
    """Return the unknown names of SKUs that rows wait for."""
    return reads.stock_parked(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def stock_replay(scope: Scope) -> Replay | None:
    """Return the last promotion replay."""
    return reads.stock_replay(engine(), scope=scope)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def stock_metrics(scope: Scope, first: date, last: date) -> list[MetricRow]:
    """Return the metrics of some days."""
    return reads.stock_metrics(engine(), scope=scope, first=first, last=last)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def stock_alerts(scope: Scope, rules: tuple[str, ...]) -> list[StockAlert]:
    """Return the open alerts of some rules."""
    return reads.stock_alerts(engine(), scope=scope, rules=rules)


@st.cache_data(ttl="15s", max_entries=128, show_spinner=False)
def queue_counts(scope: Scope, part: Part, person_id: str, as_of: datetime) -> dict[str, int]:
    """Count the orders of every list of the workbench."""
    return reads.queue_counts(engine(), scope=scope, part=part, person_id=person_id, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def capacity_today(scope: Scope, as_of: datetime, zone: str) -> Capacity | None:
    """Say how many orders hands can be laid on today and how many are planned; None for somebody who sees no shop."""
    return reads.capacity_today(engine(), scope=scope, as_of=as_of, zone=zone)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def queue_page(
    scope: Scope,
    part: Part,
    tab: str,
    person_id: str,
    as_of: datetime,
    after: QueueCursor | None,
    limit: int,
    search: str,
    nobody: bool,
) -> list[QueueRow]:
    """Return one page of a list of the workbench."""
    return reads.queue_page(
        engine(),
        scope=scope,
        part=part,
        tab=tab,
        person_id=person_id,
        as_of=as_of,
        after=after,
        limit=limit,
        search=search,
        nobody=nobody,
    )


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def flow_board(scope: Scope, part: Part, as_of: datetime, zone: str) -> list[FlowColumn]:
    """Count the open orders by stage and age."""
    return reads.flow_board(engine(), scope=scope, part=part, as_of=as_of, zone=zone)


@st.cache_data(ttl="15s", max_entries=128, show_spinner=False)
def inbox_count(person: Person) -> int:
    """Count what waits for a person."""
    return reads.inbox_count(engine(), person=person)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def workbench_people(scope: Scope) -> list[Colleague]:
    """Return whom orders may be given to."""
    return reads.workbench_people(engine(), scope=scope)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def workbench_rules(scope: Scope) -> Rules:
    """Return the settings of the workbench and its rules."""
    return reads.workbench_rules(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def uplift_weeks(scope: Scope, as_of: datetime, zone: str, weeks: int) -> list[UpliftWeek]:
    """Return what the workbench saved in each week."""
    return reads.uplift_weeks(engine(), scope=scope, as_of=as_of, zone=zone, weeks=weeks)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def action_saves(scope: Scope) -> list[ActionSaves]:
    """Return what each action is believed to save."""
    return reads.action_saves(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def open_intents(scope: Scope, limit: int) -> list[Intent]:
    """Return what warehouses were asked for and is not done yet."""
    return reads.open_intents(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def workbench_kpi_days(scope: Scope, since: date, until: date) -> list[KpiDay]:
    """Return the workbench's own figures by business day."""
    return reads.workbench_kpi_days(engine(), scope=scope, since=since, until=until)
