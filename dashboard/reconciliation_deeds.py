"""What can a person do with one difference or with many: confirm or change the label, assign, note, resolve, re-open?

The same bar stands above the queue for the chosen ones and beside the detail for one. All of a choice is done, or nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from dashboard import cached_reads, fmt, options, words
from dashboard import reconciliation_words as said
from dashboard.deciding import who
from dashboard.i18n import SOURCE, language, t
from dashboard.options import NO_LABEL
from dashboard.tables import plain
from dashboard.view import View
from data import actions
from data.actions import COMMENT_SIGNS, NotAllowed, Overtaken, WrongInput
from data.api import DatabaseProblem, engine
from data.reads import Colleague, DifferenceRow
from models.reconciliation.classes import RESOLVE_REASONS

# Counts deeds, so that what was selected before one is not selected after it.
GENERATION = "recon_generation"
# Chosen as an owner, it takes the owner away.
NOBODY = ""


@dataclass(frozen=True)
class Chosen:
    """The differences that a deed is for, as this person sees them, and who may own them."""

    rows: tuple[DifferenceRow, ...]
    colleagues: tuple[Colleague, ...]
    names: Mapping[str, str]

    @property
    def seen(self) -> tuple[tuple[int, int], ...]:
        """Each with the version that is on the screen."""
        return tuple((row.difference_id, row.version) for row in self.rows)


def bar(chosen: Chosen, *, view: View, key: str) -> None:
    """Draw the deeds, and below them the form of the one that is picked; those without the role are told so.

    Nothing of it lies in a layer over the page: the next Tab leads from a deed into its form.
    """
    if not view.person.may_reconcile:
        st.caption(t("您的角色只能查看；处理差异需要财务或经理。"))
        return
    open_rows = [row for row in chosen.rows if row.state == "open"]
    forms = {"label": t("改标签"), "owner": t("指派"), "note": t("备注"), "reason": t("处理完毕")} if open_rows else {"note": t("备注")}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_deeds"):
        if open_rows:
            labelled = all(row.label for row in open_rows)
            st.button(
                t("确认标签"), icon=":material/check:", key=f"{key}_confirm", disabled=not labelled, on_click=_confirm, args=(chosen, view),
                type="primary", help=None if labelled else t("选中的差异还没有标签，请用“改标签”。"),
            )  # fmt: skip
        if len(open_rows) < len(chosen.rows):
            st.button(t("重新打开"), icon=":material/undo:", key=f"{key}_reopen", on_click=_reopen, args=(chosen, view))
        picked = st.segmented_control(
            t("操作"), list(forms), format_func=lambda code: forms.get(code, code), key=f"{key}_deed", label_visibility="collapsed"
        )
    if picked in forms:
        with (
            st.form(f"{key}_{picked}_form", border=True, enter_to_submit=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            _FORMS[picked](chosen, view, key)


def _label_form(chosen: Chosen, view: View, key: str) -> None:
    names, side = options.label_names(), 0 if language() == SOURCE else 1
    st.selectbox(
        t("标签"),
        list(names),
        index=None,
        format_func=lambda code: names[code][side],
        key=f"{key}_label",
        placeholder=t("请选择"),
        width=240,
    )
    st.form_submit_button(t("保存标签"), type="primary", on_click=_set_label, args=(chosen, view, key))


def _owner_form(chosen: Chosen, view: View, key: str) -> None:
    people = {NOBODY: t("无人负责")} | {
        each.person_id: f"{each.name} · {words.named(words.ROLES, each.role)}" for each in chosen.colleagues
    }
    st.selectbox(
        t("负责人"),
        list(people),
        index=None,
        format_func=lambda code: people.get(code, code),
        key=f"{key}_owner",
        placeholder=t("请选择"),
        width=240,
    )
    st.form_submit_button(t("保存负责人"), type="primary", on_click=_set_owner, args=(chosen, view, key))


def _note_form(chosen: Chosen, view: View, key: str) -> None:
    hint = t("写下查到的情况；请勿写买家的姓名、电话、地址")
    st.text_area(t("备注"), key=f"{key}_note", max_chars=COMMENT_SIGNS, height=80, placeholder=hint, width=480)
    st.form_submit_button(t("保存备注"), type="primary", on_click=_add_note, args=(chosen, view, key))


def _reason_form(chosen: Chosen, view: View, key: str) -> None:
    names = {each.key: words.in_language(each.name_zh, each.name_en.capitalize()) for each in RESOLVE_REASONS}
    st.selectbox(t("原因"), list(names), index=None, format_func=names.__getitem__, key=f"{key}_reason", placeholder=t("请选择"), width=240)
    st.form_submit_button(t("标为处理完毕"), type="primary", on_click=_set_reason, args=(chosen, view, key))


_FORMS: Mapping[str, Callable[[Chosen, View, str], None]] = {
    "label": _label_form,
    "owner": _owner_form,
    "note": _note_form,
    "reason": _reason_form,
}


def _confirm(chosen: Chosen, view: View) -> None:
    given = _open_ones(chosen)
    _do(
        lambda: actions.confirm_label_many(engine(), person=view.person, chosen=given.seen, as_of=_now()),
        t("标签已确认。"),
        given,
        view=view,
    )


def _set_label(chosen: Chosen, view: View, key: str) -> None:
    picked, given = st.session_state.get(f"{key}_label"), _open_ones(chosen)
    if picked is None:
        _say(t("请先选择标签。"), icon=":material/error:")
        return
    label = "" if picked == NO_LABEL else str(picked)
    done = t("标签已改为“{label}”。", label=said.label(label))
    _do(
        lambda: actions.change_label_many(engine(), person=view.person, chosen=given.seen, label=label, as_of=_now()),
        done,
        given,
        view=view,
        key=key,
    )


def _set_owner(chosen: Chosen, view: View, key: str) -> None:
    picked, given = st.session_state.get(f"{key}_owner"), _open_ones(chosen)
    if picked is None:
        _say(t("请先选择同事。"), icon=":material/error:")
        return
    owner = picked or None
    done = t("{name} 负责。", name=name_of(str(picked), chosen.names, chosen.colleagues)) if owner else t("已取消负责人。")
    _do(
        lambda: actions.assign_difference_many(engine(), person=view.person, chosen=given.seen, owner=owner, as_of=_now()),
        done,
        given,
        view=view,
        key=key,
    )


def _add_note(chosen: Chosen, view: View, key: str) -> None:
    text = str(st.session_state.get(f"{key}_note") or "")

    def deed() -> None:
        actions.note_difference_many(engine(), person=view.person, chosen=chosen.seen, words=text, as_of=_now())
        st.session_state[f"{key}_note"] = ""

    _do(deed, t("备注已保存。"), chosen, view=view, key=key)


def _set_reason(chosen: Chosen, view: View, key: str) -> None:
    picked, given = st.session_state.get(f"{key}_reason"), _open_ones(chosen)
    if picked is None:
        _say(t("请先选择原因。"), icon=":material/error:")
        return
    done = t("{count} 笔差异处理完毕。", count=fmt.full_count(len(given.rows)))
    _do(
        lambda: actions.resolve_difference_many(engine(), person=view.person, chosen=given.seen, reason=str(picked), as_of=_now()),
        done,
        given,
        view=view,
        key=key,
    )


def _reopen(chosen: Chosen, view: View) -> None:
    given = Chosen(tuple(row for row in chosen.rows if row.state == "resolved"), chosen.colleagues, chosen.names)
    _do(
        lambda: actions.reopen_difference_many(engine(), person=view.person, chosen=given.seen, as_of=_now()),
        t("已重新打开。"),
        given,
        view=view,
    )


def name_of(person_id: str, names: Mapping[str, str], colleagues: Sequence[Colleague] = ()) -> str:
    """Name a person by what the page knows, else by the login name."""
    known = next((each.name for each in colleagues if each.person_id == person_id), names.get(person_id))
    return plain(known) if known else who(person_id)


def _open_ones(chosen: Chosen) -> Chosen:
    return Chosen(tuple(row for row in chosen.rows if row.state == "open"), chosen.colleagues, chosen.names)


def _do(deed: Callable[[], object], done: str, chosen: Chosen, *, view: View, key: str = "") -> None:
    """Carry out a deed inside a callback and say what came of it; once done, the form under ``key`` is closed."""
    try:
        deed()
    except NotAllowed:
        _say(t("您的角色或范围不能处理这些差异。"), icon=":material/lock:")
    except WrongInput as wrong:
        _say(t("没有保存：{why}", why=words.half(str(wrong))), icon=":material/error:")
    except Overtaken as first:
        forget()
        when = fmt.moment(first.at, zone=view.zone, as_of=view.as_of)
        name = view.person.name if first.by == view.person.person_id else name_of(first.by, chosen.names, chosen.colleagues)
        name = name if first.by else t("对账")
        text = t("没有保存：已被他人先处理（{name}，{when}），请看新的内容再试。", name=name, when=when)
        if len(chosen.rows) > 1:
            text += t("选中的 {count} 笔都没有改。", count=fmt.full_count(len(chosen.rows)))
        _say(text, icon=":material/group:")
    except DatabaseProblem as problem:
        _say(t("没有保存：{why}", why=str(problem)), icon=":material/error:")
    else:
        forget()
        if key:
            st.session_state[f"{key}_deed"] = None
        _say(done, icon=":material/check:", duration="short")


def forget() -> None:
    """Drop what was read of differences before, and what was selected of it."""
    for read in (cached_reads.recon_differences, cached_reads.recon_groups, cached_reads.recon_summary, cached_reads.recon_proof):
        read.clear()
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def _now() -> datetime:
    return datetime.now(UTC)


def _say(text: str, *, icon: str, duration: Literal["short", "long"] = "long") -> None:
    st.toast(text, icon=icon, duration=duration)
