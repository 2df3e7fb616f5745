"""On which accounts are entries booked, and how does the merchant set them to its own? (S22)"""

from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, words
from dashboard.deciding import decide, when, who
from dashboard.i18n import t
from dashboard.tables import Words, listing, plain, unbroken
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import LedgerAccountRow
from models.reconciliation.journal import ROLES
from models.scope import EVERYTHING

CODE_SIGNS, NAME_SIGNS = 20, 60
NO_ROLE, NEW = "", "new"
_PICKED = "ledger_picked"


def panel(view: View) -> None:
    """Draw the chart of accounts, and for those who may the form that changes it."""
    found = cached_reads.recon_ledger_accounts(view.scope)
    st.markdown(f"### {t('会计科目')}")
    st.caption(t("编号按企业会计准则；建议分录按用途取科目，改了科目，未入账的建议随之改变。"))
    listing(
        [
            Words(t("编号"), [plain(row.code) for row in found]),
            Words(t("名称"), [plain(words.in_language(row.name_zh, row.name_en)) for row in found]),
            Words(t("分录用途"), [unbroken(role_name(row.role)) for row in found]),
            Words(t("状态"), [unbroken(t("使用中") if row.active else t("停用")) for row in found]),
            Words(t("设定"), [f"{who(row.set_by)} {when(row.set_at, view=view)}" for row in found]),
        ],
        alt=t("会计科目"),
    )
    if view.person.may_reconcile and view.scope == EVERYTHING:
        _form(found, view=view)
    else:
        st.caption(t("您只能查看；修改科目需要范围不受限的财务或经理。"))


def role_name(key: str | None) -> str:
    """Name what entries use an account for."""
    found = next((each for each in ROLES if each.key == key), None)
    return fmt.MISSING if found is None else words.in_language(found.name_zh, found.name_en)


def _form(found: list[LedgerAccountRow], *, view: View) -> None:
    by_code = {row.code: row for row in found}
    names = {NEW: t("新科目…")} | {code: f"{code} {words.in_language(row.name_zh, row.name_en)}" for code, row in by_code.items()}
    picked = st.selectbox(t("修改科目"), list(names), format_func=lambda code: names.get(code, code), key=_PICKED, width=320)
    row = by_code.get(picked)
    # a form of its own for each account and version, so that what is shown is what is stored
    mark = f"{picked}_{row.version if row else 0}"
    roles = {NO_ROLE: t("不用于建议分录")} | {each.key: words.in_language(each.name_zh, each.name_en) for each in ROLES}
    with st.form(f"ledger_{mark}", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if row is None:
                st.text_input(t("编号"), key=f"ledger_code_{mark}", max_chars=CODE_SIGNS, width=140)
            st.text_input(t("中文名称"), value=row.name_zh if row else "", key=f"ledger_zh_{mark}", max_chars=NAME_SIGNS, width=220)
            st.text_input(t("英文名称"), value=row.name_en if row else "", key=f"ledger_en_{mark}", max_chars=NAME_SIGNS, width=260)
            st.selectbox(
                t("分录用途"),
                list(roles),
                index=list(roles).index((row.role if row else None) or NO_ROLE),
                format_func=roles.__getitem__,
                key=f"ledger_role_{mark}",
                width=200,
            )
        st.toggle(t("使用中"), value=row.active if row else True, key=f"ledger_active_{mark}")
        st.form_submit_button(t("保存科目"), type="primary", on_click=_save, args=(row, mark, view))


def _save(row: LedgerAccountRow | None, mark: str, view: View) -> None:
    said = {name: str(st.session_state.get(f"ledger_{name}_{mark}") or "").strip() for name in ("code", "zh", "en", "role")}
    code = row.code if row else said["code"]

    def deed() -> None:
        actions.set_ledger_account(
            engine(),
            person=view.person,
            code=code,
            name_zh=said["zh"],
            name_en=said["en"],
            role=said["role"] or None,
            active=bool(st.session_state.get(f"ledger_active_{mark}")),
            seen=row.version if row else 0,
            as_of=datetime.now(UTC),
        )

    refused = t("您的角色或范围不能修改科目。")
    decide(deed, done=t("科目 {code} 已保存。", code=code), forget=cached_reads.recon_ledger_accounts.clear, view=view, refused=refused)
