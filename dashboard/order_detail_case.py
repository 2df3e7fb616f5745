"""What has the workbench made of an order: its state, what is suggested, what was done about it, and what can be done from here?"""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import fmt, workbench_case, workbench_deeds, workbench_doing, workbench_words
from dashboard.i18n import t
from dashboard.order_detail import at
from dashboard.order_detail_timeline import Row
from dashboard.tables import plain
from dashboard.view import View
from dashboard.workbench_doing import Chosen
from data import reads
from data.api import engine
from data.reads import Case, OrderDetail
from models.workbench.actions import ACTIONS_BY_KEY


def read(detail: OrderDetail, *, view: View) -> Case | None:
    """Return what the workbench knows of an order; None where it never was in trouble."""
    head = detail.head
    return reads.case_of(engine(), scope=view.scope, shop_id=head.shop_id, order_no=head.order_no)


def draw(case: Case | None, *, view: View) -> None:
    """Draw the case of an order with its deeds; nothing where there is none."""
    if case is None or not (case.in_queue or case.acts or case.intents):
        return
    names = workbench_case.people(view)
    with st.container(border=True, key="order_case"):
        st.markdown(f"### {headline(case, view=view)}")
        left, right = st.columns([3, 4])
        with left:
            if case.in_queue:
                workbench_case.suggested(case.row, view=view)
            else:
                st.caption(t("订单已发货或已关闭，不在工作台里了。"))
            workbench_deeds.bar(Chosen((case.row,), names), view=view, key="one")
        with right:
            workbench_case.history(case, names=names, view=view)
    workbench_doing.last_deed(view)


def headline(case: Case, *, view: View) -> str:
    """Say what the case has come to."""
    return t("处置：{state}", state=plain(workbench_words.state(case.row, view=view)))


def reviews(case: Case | None, *, view: View) -> Sequence[Row]:
    """Return the verdicts of reviews as lines of the order's timeline: they are ours, not what a source says."""
    if case is None:
        return ()
    names = workbench_case.people(view)
    judged = [each for each in case.acts if each.action in ACTIONS_BY_KEY and ACTIONS_BY_KEY[each.action].review]
    return [
        Row(
            moment=each.at,
            event=f"~~{_named(each.action)}~~" if each.undone else _named(each.action),
            happened=at(each.at, view=view),
            learnt=at(each.at, view=view),
            lag=fmt.MISSING,
            source=plain(workbench_words.name_of(each.person_id, names=names)),
            note=_why(each.detail),
        )
        for each in judged
    ]


def _named(action: str) -> str:
    return t("风控：{verdict}", verdict=workbench_words.action(action))


def _why(detail: Mapping[str, object]) -> str:
    return workbench_words.reason(str(detail["reason"])) if detail.get("reason") else ""
