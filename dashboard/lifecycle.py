"""Where do the chosen orders stand, how long do they stay in each stage, and what of that is too long? (S29)"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import pandas as pd
import streamlit as st

from dashboard import cached_reads, cell_names, fmt, health, options, words
from dashboard.i18n import SOURCE, language, t
from dashboard.options import CARRIER, COMPARE, COMPARE_FIRST, COMPARE_LAST
from dashboard.periods import business_today
from dashboard.view import View
from data.reads import Choices, NoSuchGrain, Part, SnapshotRow, Span
from models.durations import quantile
from models.stages import SHARES, STAGES, STAGES_BY_KEY, Share, Stage

WEEKS = 12
# Quantiles of fewer stays than this are not shown.
FEW_STAYS = 5


@dataclass(frozen=True)
class Question:
    """What the page speaks of: a part of the business, closed days with the days they are held against, and now."""

    part: Part
    span: Span
    snapshot: SnapshotRow

    @property
    def before(self) -> Span:
        """The days held against."""
        return self.span.before


@dataclass(frozen=True)
class StageRow:
    """A stage now: its orders, those stuck, and of the stays that ended in the days the middle and the long ones, in hours."""

    stage: Stage
    orders: int | None
    stuck: int
    p50_hours: float | None
    p90_hours: float | None
    limit_hours: float | None

    @property
    def can_be_stuck(self) -> bool:
        """Whether an order may stand in the stage for too long."""
        return bool(self.stage.share and self.stage.ends_with)


@dataclass(frozen=True)
class Lifecycle:
    """Everything the page says of stages, from one look."""

    open: pd.DataFrame
    delivered: int | None
    stays: pd.DataFrame | None
    limits: pd.DataFrame
    part: Part

    @property
    def shares(self) -> dict[Share, int] | None:
        """Orders in each share; None where it is not known how many were delivered lately."""
        if self.delivered is None:
            return None
        counts = dict.fromkeys(SHARES, 0) | {"shipped": self.delivered}
        for stage, stuck, orders in zip(self.open["stage"], self.open["stuck"], self.open["orders"], strict=True):
            share = STAGES_BY_KEY[str(stage)].share
            if share is not None:
                counts["stuck" if stuck else share] += int(orders)
        return {share: counts[share] for share in SHARES}

    @property
    def stuck(self) -> int:
        """Orders stuck in any stage."""
        return int(self.open[self.open["stuck"]]["orders"].sum())

    def count(self, stage: str, *, stuck_only: bool = False) -> int:
        """Return how many orders stand in an open stage."""
        stuck = self._counted.get((stage, True), 0)
        return stuck if stuck_only else stuck + self._counted.get((stage, False), 0)

    @cached_property
    def _counted(self) -> dict[tuple[str, bool], int]:
        """Orders by stage and whether they are stuck."""
        found: dict[tuple[str, bool], int] = {}
        for stage, stuck, orders in zip(self.open["stage"], self.open["stuck"], self.open["orders"], strict=True):
            key = (str(stage), bool(stuck))
            found[key] = found.get(key, 0) + int(orders)
        return found

    @cached_property
    def rows(self) -> list[StageRow]:
        """Return the stages in order; a part shipment is left out where there is none."""
        return [self._row(stage) for stage in STAGES if stage.key != "part_shipped" or self.count(stage.key)]

    def _row(self, stage: Stage) -> StageRow:
        counts = self._stayed.get(stage.key, {})
        enough = sum(count for bucket, count in counts.items() if bucket >= 0) >= FEW_STAYS
        p50, p90 = (quantile(counts, share) if enough else None for share in (0.5, 0.9))
        orders = self.delivered if stage.key == "delivered" else self.count(stage.key)
        stuck = self.count(stage.key, stuck_only=True)
        return StageRow(stage, orders, stuck, _hours(p50), _hours(p90), _hours(self._limit(stage.key)))

    @cached_property
    def _stayed(self) -> dict[str, dict[int, int]]:
        """Stage -> bucket of length -> orders."""
        found: dict[str, dict[int, int]] = {}
        if self.stays is not None:
            for stage, bucket, orders in zip(self.stays["stage"], self.stays["bucket"], self.stays["orders"], strict=True):
                found.setdefault(str(stage), {})[int(bucket)] = int(orders)
        return found

    def _limit(self, stage: str) -> float | None:
        """Return the limit in seconds, where the chosen channels have one and the same."""
        rows = zip(self.limits["channel"], self.limits["stage"], self.limits["seconds"], strict=True)
        told = {float(seconds) for channel, of, seconds in rows if of == stage and channel in (self.part.channels or (channel,))}
        return told.pop() if len(told) == 1 else None


def asked(view: View, *, choices: Choices) -> Question | None:
    """Draw what the days are held against and by whom the orders are carried, bound to the address; None before any roll-up."""
    snapshot = cached_reads.snapshot(view.scope)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        compared = _compared_control()
        chosen = _custom_days(view) if compared == "custom" else None
        carriers = _carriers(choices)
    if snapshot is None:
        return None
    closed = min(snapshot.closed_until, business_today(view.as_of, zone=view.zone))
    span = health.closed_span(view.filters, closed=closed)
    part = replace(health.part_of(view.filters), carriers=carriers)
    return Question(part, replace(span, compared=compared_days(span, how=compared, chosen=chosen, closed=closed)), snapshot)


def compared_days(span: Span, *, how: str, chosen: tuple[date, date] | None = None, closed: date | None = None) -> tuple[date, date] | None:
    """Return the first and last day that a span is held against, all before ``closed``; None for the days right before it.

    >>> from datetime import date
    >>> compared_days(Span(date(2026, 11, 16), date(2026, 11, 22)), how="weeks")
    (datetime.date(2026, 10, 19), datetime.date(2026, 10, 25))
    >>> compared_days(Span(date(2026, 11, 16), date(2026, 11, 22)), how="custom", chosen=(date(2026, 11, 23), date(2026, 11, 9)), \
closed=date(2026, 11, 23))
    (datetime.date(2026, 11, 9), datetime.date(2026, 11, 22))
    >>> compared_days(Span(date(2026, 10, 24), date(2026, 11, 22)), how="weeks")[1] < date(2026, 10, 24)
    True
    """
    if how == "custom" and chosen is not None:
        # of a day that is not over, what is due by tonight would count as late
        first, last = (day if closed is None else min(day, closed - timedelta(days=1)) for day in sorted(chosen))
        return first, last
    if how == "weeks":
        # a longer span goes back by as many times four weeks as keep it apart from itself
        back = timedelta(weeks=4 * -(-span.days // 28))
        return span.first - back, span.last - back
    if how == "year":
        # as many weeks back as keep the weekdays
        return span.first - timedelta(weeks=52), span.last - timedelta(weeks=52)
    return None


def read(question: Question, *, view: View) -> Lifecycle:
    """Read the stages of a question; what no cells can answer is None."""
    scope, part, today = view.scope, question.part, business_today(view.as_of, zone=view.zone)
    try:
        delivered: int | None = int(cached_reads.delivered_lately(scope, part, today, None, question.snapshot.snapshot_id)["orders"].sum())
    except NoSuchGrain:
        delivered = None
    try:
        stays: pd.DataFrame | None = cached_reads.stays(scope, part, question.span, None, question.snapshot.snapshot_id)
    except NoSuchGrain:
        stays = None
    return Lifecycle(cached_reads.open_stages(scope, part, view.as_of, None), delivered, stays, cached_reads.stage_limits(scope), part)


def words_of(question: Question, *, view: View, choices: Choices) -> str:
    """Say what is chosen: the days and every filter, for a file that lies about alone."""
    said, side = cell_names.names(choices), _side()
    part, carriers, warehouses = question.part, options.carrier_names(choices), dict(choices.warehouses)
    chosen = [
        (t("渠道"), [said["channel"](code) for code in part.channels]),
        (t("地区"), [said["region"](code) for code in part.regions]),
        (t("类目"), [said["category"](code) for code in part.categories]),
        (t("仓库"), [words.unsorted_or(code, str(warehouses.get(code, code))) for code in part.warehouses]),
        (t("承运"), [words.unsorted_or(code, carriers.get(code, (code, code))[side]) for code in part.carriers]),
    ]
    filters = t("；").join(f"{name} {t('、').join(values)}" for name, values in chosen if values) or t("全部订单")
    return f"{filters} · {passport(question, view=view)}"


def trend(question: Question, *, view: View) -> pd.DataFrame | None:
    """Return the stock at the end of each of the last computed days: ``day``, SHARES and ``whole``, their sum; empty before the first.

    None where it is not kept for such a part.
    """
    try:
        moves = cached_reads.share_moves(view.scope, question.part, question.snapshot.snapshot_id)
    except NoSuchGrain:
        return None
    if moves.empty:
        return moves.assign(whole=0)
    days = pd.date_range(min(moves["day"]), max(moves["day"]), freq="D").date
    stocks = moves.set_index("day").reindex(days, fill_value=0).cumsum()
    stocks = stocks.tail(WEEKS * 7).rename_axis("day").reset_index()
    return stocks.assign(whole=stocks[list(SHARES)].sum(axis=1))


def headline(found: Lifecycle) -> str:
    """Say how many orders are stuck, and where most of them are."""
    if not found.stuck:
        return t("没有订单停滞，{count} 单待处理", count=fmt.full_count(_open(found)))
    worst = max(STAGES, key=lambda stage: found.count(stage.key, stuck_only=True))
    name, count = words.in_language(worst.name_zh, worst.name_en), found.count(worst.key, stuck_only=True)
    if count == found.stuck:
        return t("{stuck} 单停滞，都在{stage}", stuck=fmt.full_count(found.stuck), stage=name)
    return t("{stuck} 单停滞，{stage}最多（{count} 单）", stuck=fmt.full_count(found.stuck), stage=name, count=fmt.full_count(count))


def passport(question: Question, *, view: View) -> str:
    """Say which days are spoken of, which they are held against, and which state of the data that is (M2)."""
    snapshot = question.snapshot
    return t(
        "{now} 对比 {before} · 快照 #{snapshot} · 口径 v{version} · 截至 {at}",
        now=_days(question.span),
        before=_days(question.before),
        snapshot=snapshot.snapshot_id,
        version=snapshot.definition_version,
        at=fmt.clock(snapshot.as_of, zone=view.zone, language=language()),
    )


def _days(span: Span) -> str:
    return f"{span.first.isoformat()} — {span.last.isoformat()}"


def _open(found: Lifecycle) -> int:
    return sum(found.count(stage.key) for stage in STAGES if stage.share == "to_process")


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def _compared_control() -> str:
    names, side = options.compare_names(), _side()
    st.caption(t("对比"), width="content")
    found = st.segmented_control(
        t("对比"),
        list(names),
        format_func=lambda code: names[code][side],
        default="before",
        required=True,
        key=COMPARE,
        bind="query-params",
        label_visibility="collapsed",
    )
    return found or "before"


def _custom_days(view: View) -> tuple[date, date] | None:
    today = business_today(view.as_of, zone=view.zone)
    chosen = [
        st.date_input(
            label,
            value=usual,
            max_value=today,
            format="YYYY-MM-DD",
            key=key,
            bind="query-params",
            label_visibility="collapsed",
            width=140,
        )
        for label, key, usual in (
            (t("对比从"), COMPARE_FIRST, today - timedelta(days=14)),
            (t("对比到"), COMPARE_LAST, today - timedelta(days=8)),
        )
    ]
    first, last = chosen
    return (first, last) if isinstance(first, date) and isinstance(last, date) else None


def _carriers(choices: Choices) -> tuple[str, ...]:
    names: Mapping[str, tuple[str, str]] = options.carrier_names(choices)
    side = _side()
    chosen = st.multiselect(
        t("全部承运"),
        list(names),
        format_func=lambda code: names[code][side] if code in names else str(code),
        key=CARRIER,
        bind="query-params",
        placeholder=t("全部承运"),
        label_visibility="collapsed",
        select_all=False,
        wrap=False,
        width=172,
    )
    return tuple(code for code in chosen if code in names)


def _side() -> int:
    return 0 if language() == SOURCE else 1
