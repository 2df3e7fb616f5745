"""What happened to an order, when, when did we learn of it, and who says so?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.definitions_promises import promised
from dashboard.i18n import language, msg, t
from dashboard.order_detail import at, promise_said
from dashboard.tables import Words, plain, unbroken, wide
from dashboard.view import View
from data.reads import EventStatement, OrderDetail, OrderHead, PromiseVersion
from models.order_kinds import ORDER_KINDS_BY_KEY
from models.promise import ANY

EVENTS: dict[str, str] = {
    "created": msg("下单"),
    "paid": msg("付款"),
    "reviewed": msg("审单"),
    "allocated": msg("分仓"),
    "waybilled": msg("打单"),
    "part_shipped": msg("部分发货"),
    "shipped": msg("发货"),
    "delivered": msg("签收"),
    "completed": msg("完成"),
    "cancelled": msg("取消"),
    "refunded": msg("退款"),
    "held": msg("冻结"),
    "released": msg("解冻"),
    "returned": msg("退货"),
    "reverted": msg("撤销"),
}
# A deadline that the source stated, data.promise_sql.STATED.
STATED = "source"
# More than any order of people has; a table this long is no longer read.
SHOWN = 200


@dataclass(frozen=True)
class Row:
    """A line of the timeline, as it reads."""

    moment: datetime
    event: str
    happened: str
    learnt: str
    lag: str
    source: str
    note: str


def draw(detail: OrderDetail, *, view: View, reviews: Sequence[Row] = ()) -> None:
    """Draw the believed events, our reviews and the deadline by time, both clocks side by side, and folded what else was said."""
    st.markdown(f"### {t('经过')}")
    believed = [said for said in detail.events if said.believed]
    others = [said for said in detail.events if not said.believed]
    if not believed:
        tables.none_yet(t("还没有任何事件"))
        return
    _table([*_events(believed, others, view=view), *reviews, *_deadline(detail.head, view=view)])
    st.caption(t("每个事件列出采信的说法；得知时间是文件进来的时间，历史回填不算迟到。"))
    if others:
        with st.expander(t("其他来源的说法（{count}）", count=len(others)), icon=":material/forum:"):
            _table([_event(said, note=t("未采信"), view=view) for said in others])


def _events(believed: Sequence[EventStatement], others: Sequence[EventStatement], *, view: View) -> list[Row]:
    more = Counter((said.type, said.part) for said in others)
    return [_event(said, note=_note(said, others=more[said.type, said.part], view=view), view=view) for said in believed]


def _event(said: EventStatement, *, note: str, view: View) -> Row:
    lag = fmt.duration((said.ingested_at - said.occurred_to).total_seconds() / 3600, language=language())
    return Row(
        moment=said.occurred_to,
        event=f"~~{event_name(said)}~~" if said.undone_at else event_name(said),
        happened=_happened(said, view=view),
        learnt=at(said.ingested_at, view=view),
        lag=t("回填") if said.nature == "backfill" else lag,
        source=source_name(said.source),
        note=note,
    )


def _happened(said: EventStatement, *, view: View) -> str:
    latest = at(said.occurred_to, view=view)
    if said.not_before == said.occurred_to:
        return latest
    # a file that states no time at all is older than any that does, data.writes.merge_file.NEVER
    if said.not_before.year < 2000:
        return unbroken(t("不晚于 {when}", when=latest))
    return f"{at(said.not_before, view=view)} — {latest}"


def event_name(said: EventStatement) -> str:
    """Name an event with the package, refund or step it speaks of."""
    name = words.named(EVENTS, said.type)
    if not said.part:
        return unbroken(name)
    part = words.named(EVENTS, said.part) if said.type == "reverted" else said.part
    return unbroken(t("{event}：{part}", event=name, part=plain(part)))


def source_name(source: str) -> str:
    """Name a source, as the page of sources does."""
    return plain(words.in_language(*cached_reads.source_titles().get(source, (source, source))))


def _note(said: EventStatement, *, others: int, view: View) -> str:
    notes = []
    if said.undone_at:
        notes.append(t("已撤销：{when} 的文件里没有它", when=at(said.undone_at, view=view)))
    if said.not_before != said.occurred_to:
        notes.append(t("只知道区间"))
    if others:
        notes.append(t("另有 {count} 种说法", count=others))
    return t("；").join(notes)


def _deadline(head: OrderHead, *, view: View) -> list[Row]:
    if head.deadline_at is None:
        return []
    light, said = promise_said(head, as_of=view.as_of)
    return [
        Row(
            moment=head.deadline_at,
            event=f":gray-badge[{unbroken(t('承诺期限'))}]",
            happened=f"**{at(head.deadline_at, view=view)}**",
            learnt=fmt.MISSING,
            lag=fmt.MISSING,
            source=rule_said(head, cached_reads.promise_rules(view.scope)),
            note=f":{light.color}[{light.shape}] {said}",
        )
    ]


def rule_said(head: OrderHead, rules: Sequence[PromiseVersion]) -> str:
    """Say what made an order's deadline: its source, or a rule in words; a rule that is not seen, by its key."""
    if head.deadline_rule == STATED:
        return t("来源给出的最晚发货时间")
    found = next((version.rule for version in rules if version.rule.key == head.deadline_rule), None)
    if found is None:
        return plain(t("规则 {key}", key=head.deadline_rule or fmt.MISSING))
    channel = t("全部渠道") if found.channel == ANY else words.channel(found.channel)
    kind = ORDER_KINDS_BY_KEY.get(found.kind)
    kinds = t("全部类型") if kind is None else words.in_language(kind.name_zh, kind.name_en)
    return t("规则：{channel} · {kind} · {promise}", channel=channel, kind=kinds, promise=promised(found))


def _table(rows: Sequence[Row]) -> None:
    shown = sorted(rows, key=lambda row: row.moment)[:SHOWN]
    columns = [
        Words(t("事件"), [row.event for row in shown]),
        Words(t("发生时间"), [row.happened for row in shown]),
        Words(t("得知时间"), [row.learnt for row in shown]),
        Words(t("相差"), [unbroken(row.lag) for row in shown]),
        Words(t("来源"), [wide(row.source) for row in shown]),
    ]
    if any(row.note for row in shown):
        columns.append(Words(t("说明"), [wide(row.note) for row in shown]))
    tables.listing(columns, alt=t("订单的经过"))
    if len(rows) > SHOWN:
        st.caption(t("只列前 {count} 条，共 {all} 条。", count=SHOWN, all=fmt.full_count(len(rows))))
