"""Which ways do orders take through their steps, and what do holds and returns cost? (A20)"""

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt
from dashboard.i18n import language, msg, t
from dashboard.lifecycle import Question
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, listing, wide
from dashboard.view import View
from data.reads import NoSuchGrain
from models.stages import REWORK_STEPS

SHOWN = 8
# data.stage_history keeps so many days.
KEPT_DAYS = 84
# Steps as a path says them, shorter than a stage's name.
STEPS = {
    "created": msg("下单"),
    "paid": msg("付款"),
    "reviewed": msg("审核"),
    "allocated": msg("分仓"),
    "waybilled": msg("打单"),
    "part_shipped": msg("部分发货"),
    "shipped": msg("发货"),
    "delivered": msg("签收"),
    "completed": msg("完成"),
    "cancelled": msg("取消"),
    "refunded": msg("退款"),
    "held": msg("挂起"),
    "released": msg("解挂"),
    "reverted": msg("退回"),
    "returned": msg("退货"),
}


def path_name(path: str) -> str:
    """Say a path."""
    return " → ".join(t(STEPS[step]) if step in STEPS else step for step in path.split(">"))


def is_rework(path: str) -> bool:
    """Say whether an order on this path was held or went back.

    >>> is_rework("created>paid>held>released>shipped"), is_rework("created>paid>shipped")
    (True, False)
    """
    return not set(REWORK_STEPS).isdisjoint(path.split(">"))


def panel(question: Question, *, view: View) -> pd.DataFrame | None:
    """Draw the commonest ways and all with rework; returns the frame, None where none is kept for such a part."""
    st.markdown(f"### {t('流程变体与返工')}")
    try:
        found = cached_reads.variants(view.scope, question.part, question.span, question.snapshot.snapshot_id)
    except NoSuchGrain:
        st.caption(t("不适用：流程变体按渠道、地区、仓库统计，不分类目与承运。"))
        return None
    if found.empty:
        st.caption(t("所选日期的变体在当晚 00:20 之后算出。"))
        return found
    kept = business_today(view.as_of, zone=view.zone) - timedelta(days=KEPT_DAYS)
    if question.span.first < kept:
        st.caption(t("流程变体只保留近 {days} 天：{day} 之前下单的不在内。", days=KEPT_DAYS, day=kept.isoformat()))
    rework = found[found["path"].map(is_rework)]
    whole = int(found["orders"].sum())
    st.caption(
        t(
            "{orders} 单走了 {ways} 种路径；挂起、退回或退货的占 {share}",
            orders=fmt.full_count(whole),
            ways=len(found),
            share=fmt.share(int(rework["orders"].sum()) / whole),
        )
    )
    shown = found.head(SHOWN)
    missing = rework[~rework["path"].isin(shown["path"])].head(SHOWN // 2)
    table(pd.concat([shown, missing]), whole=found)
    st.caption(t("按下单日归属：这批订单后来怎样，与上面按期限日、发货日归属的数字不同。"))
    return found


def marked_name(path: str) -> str:
    """Name a way, one with rework marked as such."""
    return f"{path_name(path)}{' ↺' if is_rework(path) else ''}"


def table(rows: pd.DataFrame, *, whole: pd.DataFrame) -> None:
    """Draw ways with their part of the orders, promise kept and hours to ship, the rest and the total last."""
    measures = ["orders", "due", "on_time", "shipped_exact", "shipped_exact_seconds"]
    totals = whole[measures].sum()
    rest = totals - rows[measures].sum()
    names = [marked_name(str(path)) for path in rows["path"]]
    lines = [*rows[measures].to_dict("records"), *([rest.to_dict()] if rest["orders"] else []), totals.to_dict()]
    names += [*([t("其他路径")] if rest["orders"] else []), t("合计")]
    said = language()

    def share(above: str, below: str) -> Sequence[float | None]:
        return [float(line[above]) / float(line[below]) if line[below] else None for line in lines]

    listing(
        [
            Words(t("路径"), [wide(name, signs=44) for name in names]),
            Figures(t("订单"), [float(line["orders"]) for line in lines], fmt.full_count),
            Figures(t("占比"), [float(line["orders"]) / float(totals["orders"]) for line in lines], fmt.share),
            Figures(t("这批准时率"), share("on_time", "due"), fmt.share),
            Figures(
                t("这批发货时长"),
                [None if seconds is None else seconds / 3600 for seconds in share("shipped_exact_seconds", "shipped_exact")],
                lambda value: fmt.duration(value, language=said),
            ),
        ],
        alt=t("流程变体"),
        total=True,
    )
