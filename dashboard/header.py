"""As of when do these figures speak, and which source is late?"""

from datetime import datetime

import streamlit as st

from dashboard import cached_reads, fmt, states, words
from dashboard.freshness import GOOD, SEVERE, jobs_light, source_light
from dashboard.i18n import language, t
from dashboard.options import DESK
from dashboard.view import View
from models.people import Person

WORKBENCH_PAGE = "../pages/workbench.py"


def as_of_line(view: View) -> None:
    """Draw the as-of time once, with one light a shop and one for the jobs."""
    learnt = cached_reads.last_learnt_at(view.scope)
    if learnt is None:
        return
    beat = cached_reads.heartbeat_at(view.scope)
    parts = [f"{t('数据截至')} **{fmt.clock(learnt, zone=view.zone, language=language())}**"]
    parts += _shop_lights(view)
    jobs = jobs_light(beat, as_of=view.as_of)
    if jobs != GOOD:
        parts.append(f":{jobs.color}[{jobs.shape}] {t('后台任务')}")
    st.caption("　".join(parts))
    _warn_when_stale(learnt, jobs_down=jobs == SEVERE, view=view)


def todo(person: Person) -> None:
    """Draw how much waits for this person, with the way there."""
    count = cached_reads.inbox_count(person)
    label = t("我的待办 {count}", count=fmt.full_count(count)) if count else t("我的待办")
    st.page_link(WORKBENCH_PAGE, label=label, icon=":material/inbox:", query_params={DESK: "todo"})


def _shop_lights(view: View) -> list[str]:
    names = {shop_id: name or words.channel(channel) for shop_id, channel, name in cached_reads.choices(view.scope).shops}
    parts = []
    for shop_id, at in cached_reads.fresh_shops(view.scope):
        light = source_light(at, as_of=view.as_of)
        age = t("仅回填") if at is None else fmt.ago((view.as_of - at).total_seconds(), language=language())
        parts.append(f":{light.color}[{light.shape}] {names.get(shop_id) or t('仓配')} {age}")
    return parts


def _warn_when_stale(learnt: datetime, *, jobs_down: bool, view: View) -> None:
    if jobs_down:
        age = fmt.ago((view.as_of - learnt).total_seconds(), language=language())
        states.stale(t("后台任务已停，数字停在 {age}前；请运行 make run，或查看“接入与任务”。", age=age))
