"""What do the jobs do, did they do it, and how does one ask them to do it now?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard import cached_reads, fmt, states, tables, words
from dashboard.freshness import UNKNOWN, Light
from dashboard.i18n import language, msg, t
from dashboard.tables import Figures, Words, moments, plain
from dashboard.view import View
from data import actions
from data.actions import MAX_UPLOAD_BYTES, NotAllowed
from data.api import engine, settings
from data.reads import JobState

RUNNING = Light("▶", msg("运行中"), "blue")
NEVER = Light("◌", msg("未运行"), "gray")
SUCCEEDED = Light("●", msg("成功"), "green")
FAILED = Light("■", msg("失败"), "red")
ABANDONED = Light("▲", msg("中断"), "orange")
WAITING = Light("◌", msg("排队中"), "gray")
DONE = Light("●", msg("已完成"), "green")
STATES: Mapping[str, Light] = {"running": RUNNING, "succeeded": SUCCEEDED, "failed": FAILED, "abandoned": ABANDONED}
REQUEST_STATES: Mapping[str, Light] = {"waiting": WAITING, "done": DONE, "failed": FAILED}
REQUESTS_SHOWN = 8


def table(view: View) -> None:
    """Draw one row a job."""
    found = cached_reads.jobs(view.scope)
    if not found:
        states.empty(
            t("后台任务还没有启动"), body=t("运行 make run 启动数据任务；启动后这里列出每个任务的周期与结果。"), icon=":material/bedtime:"
        )
        return
    tables.listing(
        [
            Words(t("状态"), [tables.badge(STATES.get(job.status or "", NEVER)) for job in found]),
            Words(t("任务"), [plain(job.job) for job in found]),
            Words(t("用途"), [plain(words.in_language(job.why_zh or fmt.MISSING, job.why_en or fmt.MISSING)) for job in found]),
            Words(t("周期"), [plain(words.half(job.schedule) or fmt.MISSING) for job in found]),
            moments(t("上次"), [job.started_at for job in found], zone=view.zone, as_of=view.as_of),
            Figures(t("用时"), [_seconds(job) for job in found], _took),
            Figures(t("行数"), [job.rows for job in found], fmt.full_count),
            moments(t("下次"), [job.next_run_at for job in found], zone=view.zone, as_of=view.as_of),
            Words(t("结果"), [plain(words.half(job.error or job.message) or fmt.MISSING) for job in found]),
        ],
        alt=t("后台任务的最近与下次运行"),
    )


def run_now(view: View) -> None:
    """Draw the way to run a job now."""
    names = [job.job for job in cached_reads.jobs(view.scope)]
    if not names:
        return
    if not view.person.may_run:
        st.caption(t("您的角色只能查看；运行、重放与上传需要经理、运营或 IT 值班。"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(t("任务"), names, key="job_to_run", label_visibility="collapsed", width=220)
        st.button(t("立即运行"), icon=":material/play_arrow:", key="run_now", on_click=_run, args=(view,))


def requests(view: View) -> None:
    """Draw what this person asked for and what came of it."""
    found = cached_reads.requests(view.scope, view.person.person_id)[:REQUESTS_SHOWN]
    if not found:
        return
    st.markdown(f"#### {t('我的请求')}")
    tables.listing(
        [
            Words(t("状态"), [tables.badge(REQUEST_STATES.get(request.status, UNKNOWN)) for request in found]),
            Words(t("请求"), [words.named(words.REQUEST_KINDS, request.kind) for request in found]),
            Words(t("对象"), [plain(_subject(request.payload)) for request in found]),
            moments(t("提交"), [request.requested_at for request in found], zone=view.zone, as_of=view.as_of),
            moments(t("完成"), [request.finished_at for request in found], zone=view.zone, as_of=view.as_of),
            Words(t("结果"), [plain(outcome(request.result)) for request in found]),
        ],
        alt=t("我的请求"),
    )


def upload(view: View) -> None:
    """Draw the form that hands a file to the jobs."""
    if not view.person.may_run:
        st.caption(t("您的角色只能查看；运行、重放与上传需要经理、运营或 IT 值班。"))
        return
    shops = {
        shop_id: t("{name}（{channel}）", name=name, channel=words.channel(channel))
        for shop_id, channel, name in cached_reads.choices(view.scope).shops
    }
    with st.form("upload", clear_on_submit=True, border=False):
        file = st.file_uploader(
            t("平台导出的文件：CSV、Excel、JSON 或 ZIP"), key="upload_file", max_upload_size=MAX_UPLOAD_BYTES // 1024**2
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            shop = st.selectbox(
                t("属于店铺"), ["", *shops], format_func=lambda code: shops.get(code) or t("由文件内容决定"), key="upload_shop", width=280
            )
            live = st.toggle(t("按实时数据计入（默认历史回填）"), key="upload_live")
        sent = st.form_submit_button(t("提交入库"), type="primary", icon=":material/upload:")
    if sent and file is not None:
        _upload(file.name, file.getvalue(), shop=shop or None, live=live, view=view)
    elif sent:
        st.caption(t("请先选择文件。"))


def outcome(result: Mapping[str, Any] | None) -> str:
    """Say in a few words what came of a request."""
    if result is None:
        return fmt.MISSING
    if result.get("error"):
        return words.half(str(result["error"]))
    reports = result.get("reports")
    if reports:
        accepted = sum(int(report.get("accepted") or 0) for report in reports)
        refused = sum(int(report.get("rows") or 0) for report in reports) - accepted
        whole = [str(report["error"]) for report in reports if report.get("error")]
        said = t("收下 {rows} 行，拒收 {refused} 行", rows=fmt.full_count(accepted), refused=fmt.full_count(refused))
        return t("；").join([said, *whole])
    return words.half(str(result.get("message") or "")) or fmt.MISSING


def _seconds(job: JobState) -> float | None:
    return (job.finished_at - job.started_at).total_seconds() if job.started_at and job.finished_at else None


def _took(seconds: float | None) -> str:
    if seconds is None:
        return fmt.MISSING
    return t("{seconds} 秒", seconds=f"{seconds:.1f}") if seconds < 60 else fmt.duration(seconds / 3600, language=language())


def _subject(payload: Mapping[str, Any]) -> str:
    if "file_id" in payload:
        return t("文件 {number}", number=payload["file_id"])
    return str(payload.get("job") or payload.get("name") or fmt.MISSING)


def _run(view: View) -> None:
    try:
        actions.request_run(engine(), person=view.person, job=str(st.session_state["job_to_run"]), as_of=datetime.now(UTC))
    except NotAllowed:
        st.toast(t("您的角色不能运行任务。"), icon=":material/lock:")
        return
    cached_reads.requests.clear()
    st.toast(t("已提交，后台任务会马上运行。"), icon=":material/check:")


def _upload(name: str, content: bytes, *, shop: str | None, live: bool, view: View) -> None:
    try:
        actions.request_upload(
            engine(), person=view.person, settings=settings(), name=name, content=content, shop=shop, live=live, as_of=datetime.now(UTC)
        )
    except NotAllowed:
        st.error(t("不能提交：超出您的店铺范围，或文件为空、过大。"), icon=":material/lock:")
        return
    cached_reads.requests.clear()
    st.toast(t("已提交，后台任务会马上入库。"), icon=":material/check:")
