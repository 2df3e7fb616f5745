"""Is every source delivering, what was refused, and do the jobs run?"""

import streamlit as st

from dashboard import job_list, refusals, source_list, states
from dashboard.i18n import t
from dashboard.live import refreshed
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the sources, what was refused, and the jobs."""
    found = source_list.read(view)
    if not found:
        states.empty(t("还没有收到任何文件"), body=t("把平台导出的文件放进收件箱，或在下面上传。"))
    else:
        refreshed(_sources)
    rows, files, upload = st.tabs([t("拒收行"), t("整份拒收"), t("上传文件")])
    with rows:
        refusals.refused_rows(found, view=view)
    with files:
        refusals.whole_refusals(view=view)
    with upload:
        job_list.upload(view)
    st.markdown(f"### {t('后台任务')}")
    refreshed(_jobs)
    job_list.run_now(view)


def _sources(view: View) -> None:
    found = source_list.read(view)
    st.markdown(f"## {source_list.headline(found, view=view)}")
    source_list.cards(found, view=view)
    source_list.table(found, view=view)


def _jobs(view: View) -> None:
    job_list.table(view)
    job_list.requests(view)


page(current())
