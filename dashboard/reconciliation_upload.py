"""What would a statement bring, before anything of it is stored? Preview first, then the jobs take it in (A10)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, job_list, tables, words
from dashboard import reconciliation_words as said
from dashboard.freshness import GOOD, SEVERE, UNKNOWN, WATCH, Light
from dashboard.i18n import language, t
from dashboard.refusals import explain, reason
from dashboard.tables import Figures, Words, listing, plain
from dashboard.view import View
from data import actions
from data.actions import MAX_UPLOAD_BYTES, NotAllowed
from data.api import Previewed, PreviewedTable, engine, preview_upload, settings

_DONE = "recon_upload_done"
# So many refused cells are listed; all of them stand under 接入与任务 once the file is taken in.
REFUSALS_SHOWN = 20


def panel(view: View) -> None:
    """Draw the box: choose a file, see what it is, take it in or leave it."""
    st.markdown(f"### {t('上传平台账单或银行流水')}")
    if not view.person.may_upload:
        st.caption(t("您的角色只能查看；上传需要财务、经理、运营或 IT 值班。"))
        return
    shops = {
        shop_id: t("{name}（{channel}）", name=name, channel=words.channel(channel))
        for shop_id, channel, name in cached_reads.choices(view.scope).shops
    }
    # a new box after each file that was taken in
    number = st.session_state.get(_DONE, 0)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        file = st.file_uploader(
            t("账单或流水文件：CSV、Excel、JSON、XML、MT940 或 ZIP"),
            key=f"recon_upload_{number}",
            max_upload_size=MAX_UPLOAD_BYTES // 1024**2,
        )
    with right:
        shop = st.selectbox(
            t("属于店铺"),
            ["", *shops],
            format_func=lambda code: shops.get(code) or t("由文件内容决定"),
            key=f"recon_upload_shop_{number}",
        )
    if file is None:
        st.caption(t("先预览：认出的格式、行数、控制合计、拒收行；确认之前什么都不入库。"))
        return
    content = file.getvalue()
    with st.container(border=True, key="recon_preview"):
        found = _previews(file.name, content, shop=shop or None)
        for each in found:
            draw(each)
        if any(each.error is None for each in found):
            st.button(
                t("确认入库"),
                type="primary",
                icon=":material/upload:",
                key="recon_upload_confirm",
                on_click=_confirm,
                args=(file.name, content, shop or None, number, view),
            )
        else:
            st.caption(t("这份文件会被整份拒收，没有可入库的内容。"))
    job_list.requests(view)


def draw(found: Previewed) -> None:
    """Say what one file is, what it holds, whether its totals agree, and what of it would be refused."""
    if found.error is not None:
        st.markdown(f":red[■] **{plain(found.name)}**　{t('整份拒收')}")
        st.markdown("\n".join(explain(found.detail, found.error, titles=cached_reads.source_titles())))
        return
    if note := found.detail.get("note"):
        st.caption(f":orange[▲] **{plain(found.name)}**　{plain(words.in_language(note['zh'], note['en']))}")
        if not found.tables:
            return
    titles = cached_reads.source_titles()
    accepted, refused = (sum(getattr(each, name) for each in found.tables) for name in ("accepted", "refused"))
    light = GOOD if not refused else WATCH
    counts = t("可入库 {rows} 行，拒收 {refused} 行", rows=fmt.full_count(accepted), refused=fmt.full_count(refused))
    st.markdown(f":{light.color}[{light.shape}] **{plain(found.name)}**　{counts}")
    rows = found.tables
    listing(
        [
            Words(t("认出的格式"), [plain(words.in_language(*titles.get(row.source, (row.source, row.source)))) for row in rows]),
            Words(t("账户"), [plain(row.account or fmt.MISSING) for row in rows]),
            Words(t("币种"), [row.currency or fmt.MISSING for row in rows]),
            Figures(t("行数"), [row.rows for row in rows], fmt.full_count),
            Figures(t("拒收"), [row.refused for row in rows], fmt.full_count),
            Words(t("控制合计"), [_control(row) for row in rows]),
            Words(t("余额"), [_balance(row) for row in rows]),
        ],
        alt=t("预览"),
    )
    _totals(rows)
    if found.refusals:
        st.caption(t("会拒收的行（最多列 {count} 条）", count=REFUSALS_SHOWN))
        shown = found.refusals[:REFUSALS_SHOWN]
        listing(
            [
                Figures(t("行号"), [each.row_number for each in shown], fmt.full_count),
                Words(t("字段"), [plain(each.field) for each in shown]),
                Words(t("原因"), [plain(reason(each.code, each.value)) for each in shown]),
            ],
            alt=t("会拒收的行"),
        )


def _totals(rows: Sequence[PreviewedTable]) -> None:
    """Draw the sums by kind of money, so that one sees at once whether a statement is read as it should be."""
    sums = [(kind, minor, row.currency) for row in rows for kind, minor in row.totals]
    if not sums:
        return
    listing(
        [
            Words(t("项目"), [said.money_type(kind) for kind, _, _ in sums]),
            said.money_column(t("合计"), [(minor, currency) for _, minor, currency in sums]),
        ],
        alt=t("按项目合计"),
    )


def _control(row: PreviewedTable) -> str:
    if row.control_holds is None:
        return fmt.MISSING
    light = Light("●", "", "green") if row.control_holds else SEVERE
    stated, computed = (
        t("；").join(f"{name} {value}" for name, value in (each or {}).items()) for each in (row.control_stated, row.control_computed)
    )
    return f":{light.color}[{light.shape}] {plain(stated)}" if row.control_holds else f":red[■] {plain(stated)} ≠ {plain(computed)}"


def _balance(row: PreviewedTable) -> str:
    light = UNKNOWN if row.balance_proven is None else GOOD if row.balance_proven else WATCH
    text = t("未载余额") if row.balance_proven is None else t("余额已证明") if row.balance_proven else t("余额未证明")
    return tables.badge(Light(light.shape, text, light.color))


def _previews(name: str, content: bytes, *, shop: str | None) -> Sequence[Previewed]:
    """Return the previews of a file; read again only when the file, its shop or the language is another."""
    mark = (hashlib.sha256(content).hexdigest(), name, shop, language())
    kept = st.session_state.get("recon_previewed")
    if kept is None or kept[0] != mark:
        kept = st.session_state["recon_previewed"] = (
            mark,
            preview_upload(engine(), settings=settings(), name=name, content=content, shop=shop, as_of=datetime.now(UTC)),
        )
    found: Sequence[Previewed] = kept[1]
    return found


def _confirm(name: str, content: bytes, shop: str | None, number: int, view: View) -> None:
    given = {"name": name, "content": content, "shop": shop, "live": False}
    try:
        actions.request_upload(engine(), person=view.person, settings=settings(), as_of=datetime.now(UTC), **given)  # type: ignore[arg-type]
    except NotAllowed:
        st.toast(t("不能提交：超出您的店铺范围，或文件为空、过大。"), icon=":material/lock:")
        return
    cached_reads.requests.clear()
    st.session_state[_DONE] = number + 1
    st.toast(t("已提交，后台任务会马上入库，下一次对账会用到它。"), icon=":material/check:")
