"""What does a page show when there is nothing, when it is old, and when the database is away?"""

import streamlit as st

from dashboard import cached_reads
from dashboard.i18n import t


def empty(title: str, *, body: str, icon: str = ":material/inbox:") -> None:
    """Say that there is nothing here, why, and what to do."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(f"### {icon} {title}", text_alignment="center", width="content")
        st.markdown(body, text_alignment="center", width="content")
        st.space("small")


def failed(detail: str, *, part: str = "page") -> None:
    """Say that the database is away, in words, with the way out; ``part`` tells the parts of a page apart."""
    with st.container(border=True):
        st.markdown(f"### :red[■] {t('连不上数据库')}")
        st.markdown(t("数字暂不可用，数据没有丢失：数据库恢复后点“重试”即可继续。"))
        st.caption(detail)
        st.button(t("重试"), icon=":material/refresh:", key=f"retry_{part}", on_click=cached_reads.forget)


def stale(text: str) -> None:
    """Say that what follows is old, and since when."""
    st.warning(text, icon=":material/schedule:")


def not_allowed(text: str) -> None:
    """Say that this role or scope may not do that."""
    st.info(text, icon=":material/lock:")
