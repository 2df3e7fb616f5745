"""Which open orders will be late, how sure is the model of it, and may it be believed? (S30)"""

import streamlit as st

from dashboard import cached_reads, delay_model, delay_model_figures, delay_model_open, delay_model_versions
from dashboard.i18n import t
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the delay model: today's risk first, then what it is worth."""
    found = delay_model.read(view)
    if delay_model.nothing_here(found):
        return
    choices = cached_reads.choices(view.scope)
    st.markdown(f"## {delay_model.headline(found)}")
    st.caption(delay_model.passport(found, view=view))
    delay_model.warnings(found, view=view)
    left, right = st.columns([5, 6], border=True)
    with left:
        delay_model_open.week_end(found, view=view)
    with right:
        delay_model_open.spread(found, view=view, choices=choices)
    with st.container(border=True):
        delay_model_open.riskiest(found, view=view, choices=choices)
    st.markdown(f"### {t('这个模型有多准')}")
    delay_model_figures.cards(found, view=view)
    left, right = st.columns(2, border=True)
    with left:
        delay_model_figures.reliability(found)
    with right:
        delay_model_figures.catch(found)
    names = [t("对比基线"), t("分时点"), t("分渠道"), t("分目标"), t("漂移"), t("版本"), t("说明")]
    against, landmarks, channels, targets, drift, versions, claims = st.tabs(names)
    with against:
        delay_model_figures.comparison(found)
    with landmarks:
        delay_model_figures.by_landmark(found)
    with channels:
        delay_model_figures.by_channel(found)
    with targets:
        delay_model_figures.by_target(found)
    with drift:
        delay_model_versions.drift(found, view=view)
    with versions:
        delay_model_versions.versions(found, view=view)
    with claims:
        delay_model_versions.claims(found)


page(current())
