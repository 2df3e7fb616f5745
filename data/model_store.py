"""How does a fitted model become bytes in a row, and bytes a model again, without trusting them?

skops writes no code; a type that is not on our list is refused. What was read must give the scores it gave when it was stored:
the bytes of two dumps differ, the scores of one sample do not.
"""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import pandas as pd

from models.delay_risk.estimator import FittedModel

# The trees of histogram gradient boosting; every other type of a model of ours is one that skops knows.
TRUSTED: tuple[str, ...] = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
# So many orders are kept beside a model, to see that it still says what it said.
SAMPLE = 256
# Scores are compared to nine digits: another processor may round the last ones otherwise.
_DIGITS = 9


class Unusable(Exception):
    """存储的模型不能使用 / a stored model cannot be used."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{Unusable.__doc__} ({reason}{f': {detail}' if detail else ''})")
        self.reason = reason


@dataclass(frozen=True)
class Stored:
    """A model as it lies in its row."""

    blob: bytes
    prediction_fingerprint: str


def dumped(model: FittedModel, *, sample: pd.DataFrame) -> Stored:
    """Write a model with a sample of the orders it was measured on, and the fingerprint of its scores of them."""
    import skops.io

    few = sample.head(SAMPLE)
    columns = {str(name): few[name].to_numpy() if few[name].dtype.kind in "fiub" else few[name].astype(str).tolist() for name in few}
    blob = skops.io.dumps({"model": model.state(), "sample": columns}, compression=ZIP_DEFLATED)
    return Stored(blob, _fingerprint(model, columns))


def read(blob: bytes, *, prediction_fingerprint: str) -> FittedModel:
    """Read a model; ``Unusable`` says why not: foreign (not ours, or of types that nobody trusts) or tampered (other scores)."""
    import skops.io

    try:
        kept: Any = skops.io.loads(bytes(blob), trusted=list(TRUSTED))
        model = FittedModel.from_state(kept["model"])
        found = _fingerprint(model, kept["sample"])
    except Exception as error:
        raise Unusable("foreign", type(error).__name__) from error
    if found != prediction_fingerprint:
        raise Unusable("tampered")
    return model


def libraries() -> Mapping[str, str]:
    """Return the versions that a model was fitted with."""
    import sklearn
    import skops

    return {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__, "skops": skops.__version__}


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """Return a digest of a frame's content, the same for the same rows in the same order.

    >>> frame_fingerprint(pd.DataFrame({"a": [1.0]})) == frame_fingerprint(pd.DataFrame({"a": [1.0]}, index=[7]))
    True
    """
    digest = hashlib.blake2b(",".join(map(str, frame.columns)).encode(), digest_size=16)
    if len(frame):
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _fingerprint(model: FittedModel, sample: Mapping[str, Any]) -> str:
    frame = pd.DataFrame({name: pd.Categorical(values) if isinstance(values, list) else values for name, values in sample.items()})
    scores = model.score(frame)[["raw_log_odds", "probability"]].to_numpy(float)
    # adding nought turns -0.0 into 0.0
    return hashlib.blake2b((np.round(scores, _DIGITS) + 0.0).tobytes(), digest_size=16).hexdigest()
