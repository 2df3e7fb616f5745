"""At which minutes after payment is an order scored, and which of them has it passed?"""

import numpy as np
import numpy.typing as npt

# Minutes after the ship clock started: at payment, half an hour, 1, 2, 4, 8 and 24 hours.
LANDMARKS: tuple[int, ...] = (0, 30, 60, 120, 240, 480, 1440)


def landmark_at(age_minutes: float) -> int:
    """Return the last landmark that an order of this age has passed; an age before payment is payment.

    >>> landmark_at(0), landmark_at(59.9), landmark_at(60), landmark_at(99_999), landmark_at(-5)
    (0, 30, 60, 1440, 0)
    """
    return max((landmark for landmark in LANDMARKS if landmark <= age_minutes), default=0)


def landmarks_at(age_minutes: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return ``landmark_at`` of a whole column."""
    place = np.searchsorted(LANDMARKS, age_minutes, side="right") - 1
    return np.asarray(LANDMARKS, dtype=np.int64)[np.clip(place, 0, None)]
