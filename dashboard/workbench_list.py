"""Which orders are in trouble, the one worth most first? A page at a time; a click opens one, ticks choose many."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, order_detail, states, words, workbench_held, workbench_words
from dashboard.i18n import t
from dashboard.options import SEEK
from dashboard.order_links import NUMBER, SHOP
from dashboard.tables import ROW_HEIGHT, height_of
from dashboard.view import View
from dashboard.workbench import Workbench
from dashboard.workbench_held import Cursor, Held, key_of
from data.reads import QueueRow
from models.workbench.words import REVIEWS

SIZES = (50, 200, 500)
SEARCH_SIGNS = 64
# Somebody has opened an order by this very click.
JUST_OPENED = "case_just_opened"
_SIZE, _NOBODY, _CELL = "case_size", "case_nobody", "case_cell"
# The table is as high as so many rows, and scrolls within.
MOST_SHOWN = 15
_WIDTHS: Mapping[str, int] = {"order": 156, "channel": 76, "left": 112, "risk": 100, "band": 80, "action": 124, "reasons": 250}


def panel(tab: str, found: Workbench, *, view: View) -> tuple[list[QueueRow], dict[str, str]]:
    """Draw a list; return the ticked rows and what people in it are called."""
    search, nobody = _narrow(tab)
    held = _read(tab, found, view=view, search=search, nobody=nobody)
    names = {each.person_id: each.name for each in cached_reads.workbench_people(view.scope)}
    if not held.rows:
        _nothing(tab, narrowed=bool(search or nobody), unscored=bool(found.counts.get("unscored")))
        return [], names
    chosen = _table(held, tab, names=names, view=view)
    _below(held, view=view)
    return chosen, names


def frame(rows: Sequence[QueueRow], tab: str, *, names: Mapping[str, str], view: View) -> pd.DataFrame:
    """Return the rows of a list by the key of each column, as they read."""
    return pd.DataFrame([_line(row, tab, names=names, view=view) for row in rows])


def _line(row: QueueRow, tab: str, *, names: Mapping[str, str], view: View) -> dict[str, Any]:
    choices = cached_reads.choices(view.scope)
    said = {
        "order": row.order_no,
        "left": workbench_words.left(row, as_of=view.as_of),
        "risk": None if row.probability is None else round(row.probability * 100),
        "band": workbench_words.band(row),
        "action": workbench_words.suggestion(row),
        "channel": words.channel(row.channel),
        "reasons": workbench_words.reasons(row, choices=choices),
        "owner": workbench_words.owner(row, names=names),
        "state": workbench_words.state(row, view=view),
        "value": fmt.full_money(row.value_minor, currency=view.currency),
        "stage": order_detail.stage_name(row.stage),
        "warehouse": workbench_words.warehouse(row, choices=choices),
    }
    return _ended(row, said, names=names, view=view) if tab == "done" else said | _since(row, tab, view=view)


def _since(row: QueueRow, tab: str, *, view: View) -> dict[str, str]:
    """Return the column that only one list has: since when an order waits too long, or how its review stands."""
    if tab == "review":
        return {"since": workbench_words.of(REVIEWS, row.review)}
    at = {"overdue_2h": row.overdue_at, "stuck": row.stuck_at}.get(tab)
    return {"since": fmt.moment(at, zone=view.zone, as_of=view.as_of)} if tab in ("overdue_2h", "stuck") else {}


def _ended(row: QueueRow, said: Mapping[str, Any], *, names: Mapping[str, str], view: View) -> dict[str, Any]:
    """Return the columns of an order that is done with: who closed it, when, and how."""
    return {
        "order": said["order"],
        "channel": said["channel"],
        "value": said["value"],
        "state": said["state"],
        "ended": workbench_words.reason(row.close_reason or ""),
        "last": workbench_words.action(row.last_action),
        "by": workbench_words.name_of(row.last_by or "", names=names),
        "at": fmt.moment(row.closed_at, zone=view.zone, as_of=view.as_of),
        "owner": said["owner"],
    }


def heads(tab: str) -> dict[str, str]:
    """Return what each column is called."""
    since = {"overdue_2h": t("超 2 小时起"), "stuck": t("停滞起"), "review": t("审核")}
    return {
        "order": t("订单号"),
        "channel": t("渠道"),
        "left": t("剩余时间"),
        "risk": t("超时风险"),
        "band": t("区间"),
        "reasons": t("主要原因"),
        "action": t("建议动作"),
        "owner": t("负责人"),
        "state": t("状态"),
        "value": t("金额"),
        "stage": t("环节"),
        "warehouse": t("仓库"),
        "since": since.get(tab, t("自")),
        "ended": t("结果"),
        "last": t("最后动作"),
        "by": t("处理人"),
        "at": t("结案时间"),
    }


def _config(table: pd.DataFrame, tab: str) -> dict[str, Any]:
    named = heads(tab)
    config: dict[str, Any] = {}
    for name in table.columns:
        side: Literal["left", "right"] = "right" if name in ("left", "value", "band", "at") else "left"
        config[name] = st.column_config.TextColumn(named[name], width=_WIDTHS.get(name), alignment=side, pinned=name == "order")
    if "risk" in table:
        config["risk"] = st.column_config.ProgressColumn(
            named["risk"], min_value=0, max_value=100, format="%d%%", width=_WIDTHS["risk"], color="red"
        )
        texts = sorted({text for texts in table["reasons"] for text in texts})
        config["reasons"] = st.column_config.MultiselectColumn(named["reasons"], options=texts, color="gray", width=_WIDTHS["reasons"])
    return config


def _table(held: Held, tab: str, *, names: Mapping[str, str], view: View) -> list[QueueRow]:
    """Draw the rows; return the ticked ones."""
    table = frame(held.rows, tab, names=names, view=view)
    st.dataframe(
        table,
        hide_index=True,
        column_config=_config(table, tab),
        placeholder=fmt.MISSING,
        alt=workbench_words.tab(tab),
        row_height=ROW_HEIGHT,
        height=height_of(min(len(held.rows), MOST_SHOWN)),
        key=held.widget,
        on_select=partial(_opened, held),
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": held.kept_places}},
    )
    return held.chosen


def _opened(held: Held) -> None:
    """Open the order whose cell was clicked; a tick opens nothing."""
    cells = st.session_state[held.widget]["selection"].get("cells") or []
    cell = (held.widget, *cells[0]) if cells else None
    if cell == st.session_state.get(_CELL):
        return
    st.session_state[_CELL] = cell
    if cell is not None and cell[1] < len(held.rows):
        st.query_params[SHOP], st.query_params[NUMBER] = key_of(held.rows[cell[1]])
        st.session_state[JUST_OPENED] = True
        # a form that was begun for the order before is not meant for this one
        st.session_state["one_deed"] = None


def _narrow(tab: str) -> tuple[str, bool]:
    """Draw the search, whose orders, and how many a page; return the first two."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="case_filters"):
        st.caption(t("{why}；清单是此刻的，不随日期", why=workbench_words.why(tab)), width="stretch")
        search = st.text_input(
            t("订单号"), key=SEEK, bind="query-params", placeholder=t("订单号开头"), max_chars=SEARCH_SIGNS, width=170,
            label_visibility="collapsed",
        )  # fmt: skip
        nobody = tab not in ("mine", "done") and st.checkbox(t("只看无人负责"), key=_NOBODY)
        sizes = {size: t("每页 {count} 单", count=size) for size in SIZES}
        st.selectbox(t("每页"), list(sizes), format_func=sizes.__getitem__, key=_SIZE, label_visibility="collapsed", width=120)
    return (search or "").strip(), bool(nobody)


def _read(tab: str, found: Workbench, *, view: View, search: str, nobody: bool) -> Held:
    size = int(st.session_state.get(_SIZE) or SIZES[0])

    def page(after: Cursor | None) -> list[QueueRow]:
        return cached_reads.queue_page(view.scope, found.part, tab, view.person.person_id, view.as_of, after, size, search, nobody)

    question = (tab, found.part, view.scope, view.person.person_id, search, nobody, size)
    held = workbench_held.rows_for(question, read=page, as_of=view.as_of)
    if not held.rows and len(held.pages) > 1:
        workbench_held.turn(held.pages[:-1])
        held = workbench_held.rows_for(question, read=page, as_of=view.as_of)
    return held


def _nothing(tab: str, *, narrowed: bool, unscored: bool) -> None:
    if unscored and tab == "still_savable":
        states.empty(t("还没有评分"), body=t("首次评分几分钟内完成，来得及救的订单随后列在这里。"), icon=":material/hourglass_top:")
    elif narrowed:
        states.empty(t("没有这样的订单"), body=t("可放宽上面的筛选。"), icon=":material/search_off:")
    elif tab == "mine":
        states.empty(t("没有由您负责的订单"), body=t("在其他清单里认领，或由规则自动分配。"), icon=":material/inbox:")
    elif tab == "done":
        states.empty(t("还没有处理完的订单"), body=t("处理完或自动结案的订单在这里保留 30 天。"), icon=":material/inbox:")
    else:
        states.empty(t("这个清单是空的"), body=t("每分钟重新判断全部未完结订单。"), icon=":material/task_alt:")


def _below(held: Held, *, view: View) -> None:
    """Draw what chooses the whole page, the way to the next one, and how old the rows are."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="case_pages"):
        st.checkbox(t("选中本页全部 {count} 单", count=fmt.full_count(len(held.rows))), key=held.all_of_it)
        size = int(st.session_state.get(_SIZE) or SIZES[0])
        after = held.rows[-1].cursor if len(held.rows) == size else None
        back, on = held.pages[:-1], (*held.pages, after)
        st.button(
            t("上一页"), icon=":material/chevron_left:", disabled=not back, on_click=workbench_held.turn, args=(back,), key="case_back"
        )
        st.caption(t("第 {page} 页", page=len(held.pages)), width="content")
        st.button(
            t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=workbench_held.turn, args=(on,), key="case_on"
        )
        read = t("读于 {at}", at=fmt.moment(held.read_at, zone=view.zone, as_of=view.as_of))
        st.caption(f":orange[▲ {t('清单有变化，选中期间不动')}]　{read}" if held.moved else read, width="content")
        st.button(t("刷新"), icon=":material/refresh:", on_click=_refresh, key="case_refresh", type="tertiary")


def _refresh() -> None:
    forget()
    workbench_held.renew(keep=workbench_held.chosen_keys())


def forget() -> None:
    """Drop what was read of the lists before."""
    for read in (
        cached_reads.queue_page,
        cached_reads.queue_counts,
        cached_reads.capacity_today,
        cached_reads.inbox_count,
        cached_reads.flow_board,
        cached_reads.open_intents,
    ):
        read.clear()
