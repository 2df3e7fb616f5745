"""What does the delay model say of the open orders, which version says it, and may it be believed? (S30)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import cached_reads, fmt, health, states, words
from dashboard.delay_rules import champion_of, rules_now, rules_of, target_name
from dashboard.i18n import language, msg, t
from dashboard.tables import plain
from dashboard.view import View
from data.reads import DriftRow, ModelVersion, Part, RiskNow
from models.delay_risk.rules import TargetRules, same_question
from models.delay_risk.targets import PRIMARY
from models.delay_risk.week_end import Expected, expected_week

# Scoring comes every five minutes; after so long without a run that succeeded its scores are old.
STALE = timedelta(minutes=20)
# The jobs that fit the model, and score by it.
TRAINING, SCORING = "train_risk", "score_risk"
# Why an order, or all of them, was not scored by the model as it was fitted.
FALLBACKS: Mapping[str, str] = {
    "no_model": msg("评分时还没有可用的模型"),
    "baseline": msg("评分时还没有可用的模型"),
    "foreign": msg("存储的模型文件不是本系统写的，已拒绝读取"),
    "tampered": msg("存储的模型文件与登记的指纹不符，已停用"),
    "unseen": msg("承运商或仓库训练时没有或很少，区间放宽"),
    "missing_column": msg("缺少模型用到的列，区间放宽"),
    "no_history": msg("没有历史，只有先验"),
}


@dataclass(frozen=True)
class DelayModel:
    """Everything the page says, from one look; ``rules`` are those that open orders are scored by, ``rules_now`` those that hold."""

    part: Part
    versions: Sequence[ModelVersion]
    drift: Sequence[DriftRow]
    now: RiskNow | None
    week: Expected | None
    unscored_due: int
    training: str | None
    succeeded_at: datetime | None
    rules: TargetRules
    rules_now: TargetRules

    def champion(self, task: str = PRIMARY) -> ModelVersion | None:
        """Return the version in use for a target."""
        return champion_of(self.versions, task=task)

    def latest(self, task: str = PRIMARY) -> ModelVersion | None:
        """Return the version fitted last for a target, used or not."""
        return next((each for each in self.versions if each.task == task), None)

    @property
    def scored_at(self) -> datetime | None:
        """As of when the scores are: a run leaves alone what crosses no landmark, so the last that succeeded, else the newest score."""
        return self.succeeded_at or (None if self.now is None else self.now.scored_at)

    @property
    def shown(self) -> ModelVersion | None:
        """The version whose figures the page shows: the one in use, else the last that was measured."""
        return self.champion() or self.latest()

    def figures(self, name: str = "model") -> Mapping[str, Any]:
        """Return the figures of the shown version, or of a baseline measured on the same orders; empty where there are none."""
        return {} if self.shown is None else (self.shown.metrics.get(name) or {})


def read(view: View) -> DelayModel:
    """Read what the page says of the chosen part; a part without open orders has none of them."""
    part = health.part_of(view.filters)
    week = cached_reads.week_promise(view.scope, part, view.zone, view.as_of)
    expected = None
    if week is not None:
        # an order that was not scored yet may go either way
        unscored = week.unscored
        expected = expected_week(
            done_good=week.done_good,
            done_due=week.done_due,
            open_due=week.open_due,
            late=week.late + unscored / 2,
            luck=week.luck + unscored / 4,
            doubt=week.doubt + unscored,
        )
    jobs = {job.job: job for job in cached_reads.jobs(view.scope)}
    versions, now = cached_reads.delay_models(view.scope), cached_reads.risk_now(view.scope, part, view.as_of)
    # where no model could be used, orders were scored by the rules that hold
    used = champion_of(versions, task=PRIMARY) if now is None or now.by_model else None
    return DelayModel(
        part=part,
        versions=versions,
        drift=cached_reads.delay_drift(view.scope),
        now=now,
        week=expected,
        unscored_due=0 if week is None else week.unscored,
        training=jobs[TRAINING].status if TRAINING in jobs else None,
        succeeded_at=jobs[SCORING].succeeded_at if SCORING in jobs else None,
        rules=rules_of(used, view=view),
        rules_now=rules_now(view),
    )


def nothing_here(found: DelayModel) -> bool:
    """Draw the empty state of an installation that has neither a model nor an open order; say whether it was drawn."""
    if found.versions or found.now is not None:
        return False
    states.empty(
        t("还没有未发的订单，也没有模型"),
        body=t("订单入库后每 5 分钟评估一次；到期的订单够多时自动训练第一个模型。"),
        icon=":material/online_prediction:",
    )
    return True


def headline(found: DelayModel) -> str:
    """Say how many open orders there are and how many of them will be late."""
    now = found.now
    if now is None:
        return t("现在没有待发的订单")
    said = language()
    given = {"open": fmt.count(now.open, language=said), "overdue": fmt.count(now.overdue, language=said)}
    if not now.scored:
        return t("{open} 单待发，风险还没有评估", **given)
    expected = fmt.count(round(now.expected), language=said)
    if now.overdue:
        return t("{open} 单待发：{overdue} 单已超时，其余预计还有 {late} 单会超时", late=expected, **given)
    return t("{open} 单待发，预计 {late} 单会超时", late=expected, **given)


def passport(found: DelayModel, *, view: View) -> str:
    """Say what is predicted, by which version, and as of when."""
    parts = [t("目标：{target}", target=target_name(PRIMARY, found.rules))]
    if len({rule.working_days for rule in found.rules}) > 1:
        parts.append(t("N 按渠道，见“口径”页"))
    if (used := found.champion()) is not None:
        fitted = fmt.moment(used.fitted_at, zone=view.zone, as_of=view.as_of)
        parts.append(t("模型版本 {version}，{at} 训练", version=used.version, at=fitted))
    else:
        parts.append(t("用基线，没有模型"))
    if found.now is not None and found.now.scored and found.scored_at is not None:
        parts.append(t("评分截至 {at}", at=fmt.moment(found.scored_at, zone=view.zone, as_of=view.as_of)))
    return " · ".join(parts)


def fallback_name(reason: str) -> str:
    """Say why something was not scored by the model as it was fitted."""
    return t(FALLBACKS[reason]) if reason in FALLBACKS else plain(reason)


def warnings(found: DelayModel, *, view: View) -> None:
    """Say what makes these scores less than they seem: no model, a refused file, old scores, orders not scored yet."""
    now = found.now
    if found.champion() is None:
        _no_model(found)
    elif now is not None and not now.by_model and _scored_before(found.champion(), now):
        st.info(t("模型刚刚启用，已要求马上重新评分；现在显示的评分还来自基线（近 60 天超时率）。"), icon=":material/model_training:")
    elif now is not None and now.scored > now.overdue and not now.by_model:
        reason = next(iter(now.fallbacks), "no_model")
        st.error(
            t(
                "{why}。现在的评分来自基线（近 60 天超时率），区间更宽；可用 python -m jobs models rollback 回退。",
                why=fallback_name(reason),
            ),
            icon=":material/gpp_bad:",
        )
    if now is not None and found.scored_at is not None and view.as_of - found.scored_at > STALE:
        since = fmt.moment(found.scored_at, zone=view.zone, as_of=view.as_of)
        age = fmt.ago((view.as_of - found.scored_at).total_seconds(), language=language())
        states.stale(t("{job} 自 {since}（{age}前）起没有成功运行过，评分可能已旧；请看“接入与任务”。", job=SCORING, since=since, age=age))
    if not same_question(PRIMARY, found.rules, found.rules_now):
        st.info(t("时效预警目标已改（见“口径”页的承诺与日历），新模型训练好之前仍按旧目标评分。"), icon=":material/rule:")
    said = []
    if now is not None and now.scored < now.open:
        said.append(t("{count} 单还没有评估，下一次评分就有", count=fmt.full_count(now.open - now.scored)))
    if now is not None and now.by_model:
        said += [
            t("{count} 单：{why}", count=fmt.full_count(count), why=fallback_name(reason))
            for reason, count in now.fallbacks.items()
            if reason not in ("no_model", "baseline")
        ]
    if said:
        st.caption(f":orange[▲] {t('；').join(said)}")


def _no_model(found: DelayModel) -> None:
    latest = found.latest()
    if found.training == "running":
        why = t("模型正在训练，训练好就马上重新评分")
    elif latest is None and found.training is None:
        why = t("还没有训练过模型")
    elif latest is None and found.training != "succeeded":
        why = t("上次训练没有完成，请看“接入与任务”里的 {job}", job=TRAINING)
    elif latest is None:
        why = t("还没有训练出模型：到期且结果已知的订单还不够")
    else:
        why = t("版本 {version} 未采用：{why}", version=latest.version, why=plain(words.half(latest.reason)))
    st.warning(t("{why}。现在的评分来自基线（近 60 天超时率），区间更宽。", why=why), icon=":material/model_training:")


def _scored_before(used: ModelVersion | None, now: RiskNow) -> bool:
    """Say whether the scores are older than the model in use; a run that found none began before there was one."""
    if "no_model" in now.fallbacks:
        return True
    return used is not None and used.promoted_at is not None and now.scored_at is not None and now.scored_at < used.promoted_at
