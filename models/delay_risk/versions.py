"""Which fitted model is used, and by which margin must a newer one win? (A-level hygiene of S30)

A challenger and the champion are measured on the same newest orders, which neither has seen: a version is fitted up to a cut
and measured after it, and cuts only move forward. The measured model is the very one that is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Status = Literal["challenger", "champion", "retired", "rejected"]
STATUSES: tuple[Status, ...] = ("challenger", "champion", "retired", "rejected")

# The newest part of the labelled orders, on which versions are measured.
MEASURED_SHARE = 0.15
# A challenger takes over when its Brier score is lower by this part: one per cent is beyond what another seed moves.
MARGIN = 0.01
# Fewer labelled orders than this, or fewer of either class, tell nothing.
LEAST_ORDERS, LEAST_OF_A_CLASS = 400, 20

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """What becomes of a challenger, why, and whether the champion may stay."""

    status: Status
    why_zh: str
    why_en: str
    champion_stays: bool = True

    @property
    def why(self) -> str:
        """Both languages in one line, as the ledger keeps them."""
        return f"{self.why_zh} / {self.why_en}"

    def beside(self, another: int) -> "Decision":
        """Return what is left of it where another version is in use by now than the one it was judged against: that one stays.

        >>> Decision("champion", "胜出", "it wins", champion_stays=False).beside(2).status
        'challenger'
        """
        if self.status != "champion":
            return replace(self, champion_stays=True)
        zh = f"{self.why_zh}，但训练期间换用了版本 {another}，先作挑战者"
        en = f"{self.why_en}, but version {another} came into use during the training: it waits as a challenger"
        return Decision("challenger", zh, en)


def judge(
    challenger: Figures, *, beats_baselines: bool, champion: Figures | None, champion_beats: bool, drifted: bool, ruled_out: bool = False
) -> Decision:
    """Decide on a challenger from figures measured on the same orders; ``champion`` is None where there is none that can be read.

    One that is ``ruled_out`` was fitted by other rules of what is late: it answers another question, and goes.

    >>> judge({"brier": 0.10}, beats_baselines=True, champion=None, champion_beats=False, drifted=False).status
    'champion'
    >>> judge({"brier": 0.10}, beats_baselines=True, champion={"brier": 0.1005}, champion_beats=True, drifted=False).status
    'challenger'
    """
    stays = champion is not None and champion_beats
    if not beats_baselines:
        return Decision("rejected", "没有同时胜过两个基线，不采用", "it does not beat both baselines and is not used", stays)
    if ruled_out:
        return Decision("champion", "胜过两个基线，按改过的规则训练", "it beats both baselines, by the rules as they are now", False)
    if champion is None:
        return Decision(
            "champion", "胜过两个基线，此前没有可用的模型", "it beats both baselines, and there was no usable model before", False
        )
    ours, theirs = float(challenger["brier"]), float(champion["brier"])
    gain = (theirs - ours) / theirs if theirs else 0.0
    if not champion_beats:
        return Decision(
            "champion", "现用模型在最新订单上已不敌基线", "the champion no longer beats the baselines on the newest orders", False
        )
    if gain >= MARGIN:
        zh, en = f"Brier 分数降低 {gain:.1%}，达到 {MARGIN:.0%} 的门槛", f"its Brier score is {gain:.1%} lower, the margin is {MARGIN:.0%}"
        return Decision("champion", zh, en, False)
    if drifted and gain >= 0:
        return Decision("champion", "现用模型已漂移，新模型不更差", "the champion has drifted and it is no worse", False)
    zh, en = f"Brier 分数只好 {gain:+.1%}，不到 {MARGIN:.0%} 的门槛", f"its Brier score gains {gain:+.1%}, below the margin of {MARGIN:.0%}"
    return Decision("challenger", zh, en)
