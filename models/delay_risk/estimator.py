"""How likely is each order to be late, and how sure are we? Gradient-boosted trees, a line beside them, a monotone curve on top.

Several members may be fitted from seeds of their own; their raw scores are averaged, and the line's with them, which is itself a sum over
columns: reasons stay exact. The slope of the curve is learnt on the newest part of the training time, by members that have not seen it;
those in use learn from all of it, and the level is theirs.

scikit-learn is imported where a model is fitted or read: with skops it would be half of the start of every command.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import ThreadpoolController

from models.delay_risk.band import wilson
from models.delay_risk.calibration import Curve, fitted_curve, levelled
from models.delay_risk.clocks import Bools, Floats
from models.delay_risk.encoding import Encoding
from models.delay_risk.examples import Examples
from models.delay_risk.features import FEATURES_BY_NAME, Feature, features_of
from models.delay_risk.linear import SHARE, STRENGTH, Linear, fitted_linear
from models.delay_risk.reasons import Reason, grouped, worded
from models.delay_risk.sampling import one_later_landmark
from models.delay_risk.streams import numbered
from models.delay_risk.trees import Explainer

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

# Set by walk-forward on real orders; shallow and strongly drawn in, for a merchant's history is short.
HYPERPARAMETERS: Mapping[str, float | int] = {
    "learning_rate": 0.03,
    "max_iter": 250,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 60,
    "l2_regularization": 20.0,
    "max_features": 0.15,
}
MEMBERS = 1
# The newest part of the training time, on which the curve is fitted.
CALIBRATED_SHARE = 0.2
# Fewer examples than this, or of either class, tell nothing.
LEAST_EXAMPLES, LEAST_OF_A_CLASS = 200, 20
# So many outcomes of orders like it stand behind an order's chance at most: a twentieth of those the curve was fitted on.
_LIKE_IT = 0.05
# A band over what was never seen stands on so much less.
_UNSEEN_WEIGHT, _NARROWEST_ROWS = 0.25, 20.0
# Rows are made ready and scored so many at a time, in one piece of memory that stays near the processor. Trees that share rows among
# threads make all of them wait for the slowest after each tree; so a thread takes whole rows.
_AT_ONCE = 32_768
# Models of the first form have no line beside their trees; they stay in use as they are.
_FORM, _TREES_ALONE = 2, 1


class NotLearnable(Exception):
    """历史不足以训练：{zh} / not enough to learn from: {en}"""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__((NotLearnable.__doc__ or "").format(zh=zh, en=en))


@dataclass(frozen=True)
class FittedModel:
    """A model as it was fitted: what ``state`` gives is all there is of it."""

    target: str
    encoding: Encoding
    members: "tuple[HistGradientBoostingClassifier, ...]"
    linear: Linear | None
    linear_share: float
    curve: Curve
    base_rate: float
    params: Mapping[str, Any]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.encoding.columns

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return raw_log_odds, probability, low, high (nine in ten) and fallback ('' or why the band is wider), one row an order.

        A missing column or an unknown warehouse, shop or channel widens the band and is said; nothing raises, and nothing is missing.
        """
        raw = self.raw(frame)
        chance = self.curve(raw)
        said = self._said(frame)
        behind = np.full(len(frame), max(self.curve.rows * _LIKE_IT, _NARROWEST_ROWS)) * np.where(said == "", 1.0, _UNSEEN_WEIGHT)
        low, high = wilson(chance, behind)
        return pd.DataFrame({"raw_log_odds": raw, "probability": chance, "low": low, "high": high, "fallback": said}, index=frame.index)

    def raw(self, frame: pd.DataFrame) -> Floats:
        """Return the members' mean log-odds before the curve; each of as many threads as the trees may have takes rows of its own."""
        found, controller = np.zeros(len(frame)), _threads()

        def scored(starts: range) -> None:
            room = np.empty((min(len(frame), _AT_ONCE), len(self.features)), order="F")
            with controller.limit(limits=1, user_api="openmp"):
                for start in starts:
                    part = frame.iloc[start : start + _AT_ONCE]
                    matrix = self.encoding.matrix(part, into=room[: len(part)])
                    found[start : start + len(part)] = _together(self.members, self.linear, self.linear_share, matrix, self.encoding)

        threads = max((library["num_threads"] for library in controller.info() if library["user_api"] == "openmp"), default=1)
        turns = [range(first * _AT_ONCE, len(frame), threads * _AT_ONCE) for first in range(threads)]
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for _ in pool.map(scored, [turn for turn in turns if turn]):
                pass
        return found

    def contributions(self, frame: pd.DataFrame) -> tuple[float, pd.DataFrame]:
        """Return the base and what each column adds to each row: base + sum over columns = raw_log_odds."""
        matrix = self.encoding.matrix(frame)
        base, parts = self._explainer.base, self._explainer.contributions(matrix)
        if self.linear is not None:
            base += self.linear_share * self.linear.base
            parts += self.linear_share * self.linear.contributions(matrix, self.encoding)
        return base, pd.DataFrame(parts, columns=list(self.features), index=frame.index)

    def reasons(self, frame: pd.DataFrame, *, top: int = 3) -> list[list[Reason]]:
        """Return each row's greatest reasons in words, in log-odds of this very model."""
        if not len(frame):
            return []
        _, parts = self.contributions(frame)
        groups, summed = grouped(self.features, parts.to_numpy(np.float64))
        return worded(frame, groups, summed, top=top)

    def state(self) -> dict[str, Any]:
        """Return all of it as plain dicts, lists, texts, numbers and members, for whoever stores it."""
        return {
            "form": _FORM,
            "target": self.target,
            "columns": list(self.encoding.columns),
            "words": {name: dict(words) for name, words in self.encoding.words.items()},
            "members": list(self.members),
            "linear": self.linear.state() if self.linear is not None else None,
            "linear_share": self.linear_share,
            "curve": [self.curve.slope, self.curve.shift, self.curve.rows],
            "base_rate": self.base_rate,
            "params": dict(self.params),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "FittedModel":
        """Make the model again; ``ValueError`` where the state is not one of ours."""
        try:
            if state["form"] not in (_FORM, _TREES_ALONE):
                raise ValueError(f"form {state['form']!r} is not {_FORM}")
            columns = tuple(str(name) for name in state["columns"])
            members = tuple(state["members"])
            slope, shift, rows = state["curve"]
            line = state["linear"] if state["form"] == _FORM else None
            model = cls(
                str(state["target"]),
                Encoding(columns, {str(name): {str(w): int(n) for w, n in words.items()} for name, words in state["words"].items()}),
                members,
                Linear.from_state(line) if line is not None else None,
                float(state["linear_share"]) if line is not None else 0.0,
                Curve(float(slope), float(shift), int(rows)),
                float(state["base_rate"]),
                dict(state["params"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a delay model: {error!r}") from error
        from sklearn.ensemble import HistGradientBoostingClassifier

        if not members or any(not isinstance(m, HistGradientBoostingClassifier) or m.n_features_in_ != len(columns) for m in members):
            raise ValueError("its members do not read its columns")
        if model.linear is not None and not set(model.linear.columns) <= set(columns) - set(model.encoding.words):
            raise ValueError("its line does not read its columns")
        if unknown := set(columns) - set(FEATURES_BY_NAME):
            raise ValueError(f"features nobody knows: {sorted(unknown)}")
        return model

    @cached_property
    def _explainer(self) -> Explainer:
        each = (1.0 - self.linear_share) / len(self.members)
        return Explainer(list(self.members), [each] * len(self.members))

    def _said(self, frame: pd.DataFrame) -> npt.NDArray[np.object_]:
        lacking = self.encoding.missing(frame)
        if lacking:
            return np.full(len(frame), "missing_column", dtype=object)
        unknown: Bools = np.zeros(len(frame), dtype=bool)
        for name in ("channel", "shop_id", "warehouse_code", "carrier_code"):
            # a model that knows no word at all of a column learnt without it
            if self.encoding.words.get(name):
                unknown |= self.encoding.unseen(frame, name)
        return np.where(unknown, "unseen", "").astype(object)


@cache
def _threads() -> ThreadpoolController:
    """Return who rules the threads of the libraries that are loaded; asked for once there is a model, and scikit-learn with it."""
    return ThreadpoolController()


def fit(
    examples: Examples, *, target: str, seed: int, members: int = MEMBERS, hyperparameters: Mapping[str, float | int] = HYPERPARAMETERS
) -> FittedModel:
    """Fit a model; the same examples and seed give the same predictions. Raises ``NotLearnable`` where there is too little."""
    known = examples.take(~np.isnan(examples.label))
    _check(known)
    orders = numbered(*(pd.factorize(known.keys[name])[0] for name in ("shop_id", "order_no")))
    known = known.take(one_later_landmark(orders, known.landmark, seed=seed))
    newest = known.start_at >= np.quantile(known.start_at, 1.0 - CALIBRATED_SHARE)
    columns = features_of(target)
    curve = _curve(known, newest, columns=columns, seed=seed, hyperparameters=hyperparameters)
    encoding = Encoding.of(known.frame, known.label, features=columns)
    matrix = encoding.matrix(known.frame)
    fitted = _fitted(matrix, known.label, encoding, seeds=[seed + n for n in range(members)], hyperparameters=hyperparameters)
    linear = fitted_linear(matrix, known.label, encoding)
    base_rate = float(known.label.mean())
    curve = levelled(curve, _together(fitted, linear, SHARE, matrix, encoding), rate=base_rate)
    params = {
        **hyperparameters,
        "members": members,
        "linear_strength": STRENGTH,
        "linear_share": SHARE,
        "calibration": "platt",
        "calibrated_share": CALIBRATED_SHARE,
        "rows_an_order": "at payment and at one later landmark",
    }
    return FittedModel(target, encoding, tuple(fitted), linear, SHARE, curve, base_rate, params)


def _check(known: Examples) -> None:
    late = int(known.label.sum())
    if len(known) < LEAST_EXAMPLES:
        raise NotLearnable(zh=f"只有 {len(known)} 条已知结果", en=f"only {len(known)} known outcomes")
    if min(late, len(known) - late) < LEAST_OF_A_CLASS:
        raise NotLearnable(zh=f"{len(known)} 条中 {late} 条延迟，只有一类", en=f"{late} of {len(known)} were late, one class only")


def _curve(known: Examples, newest: Bools, *, columns: tuple[Feature, ...], seed: int, hyperparameters: Mapping[str, float | int]) -> Curve:
    """Fit the curve on the newest orders, by a member that learnt from what was known before the first of them."""
    cut = float(known.start_at[newest].min()) if newest.any() else np.inf
    before, after = known.take(~newest & (known.known_at <= cut)), known.take(newest)
    try:
        _check(before)
    except NotLearnable:
        return Curve(1.0, 0.0, 0)
    encoding = Encoding.of(before.frame, before.label, features=columns)
    matrix = encoding.matrix(before.frame)
    fitted = _fitted(matrix, before.label, encoding, seeds=[seed], hyperparameters=hyperparameters)
    linear = fitted_linear(matrix, before.label, encoding)
    return fitted_curve(_together(fitted, linear, SHARE, encoding.matrix(after.frame), encoding), after.label)


def _together(
    members: "Sequence[HistGradientBoostingClassifier]",
    linear: Linear | None,
    linear_share: float,
    matrix: npt.NDArray[np.float64],
    encoding: Encoding,
) -> Floats:
    """Return the raw scores of the trees' mean and of the line, averaged by the line's share."""
    scores = [member.decision_function(matrix) for member in members]
    trees = np.asarray(sum(scores) / len(scores), dtype=np.float64)
    return trees if linear is None else (1.0 - linear_share) * trees + linear_share * linear.raw(matrix, encoding)


def _fitted(
    matrix: npt.NDArray[np.float64], label: Floats, encoding: Encoding, *, seeds: Sequence[int], hyperparameters: Mapping[str, float | int]
) -> "list[HistGradientBoostingClassifier]":
    from sklearn.ensemble import HistGradientBoostingClassifier

    falling = [-1 if FEATURES_BY_NAME[name].eases else 0 for name in encoding.columns]
    settings = {**hyperparameters, "monotonic_cst": falling if any(falling) else None, "early_stopping": False}
    return [HistGradientBoostingClassifier(**settings, random_state=seed).fit(matrix, label.astype(np.int8)) for seed in seeds]
