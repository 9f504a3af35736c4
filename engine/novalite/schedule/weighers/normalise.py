# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's normalisation, over the hosts that passed every filter. Source: nova/weights.py, normalize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.table import Reals


def normalise(values: Reals, minval: float | None = None, maxval: float | None = None) -> Reals:
    """Return the values between 0 and 1: clamped to minval and maxval, then (value - low) / (high - low).

    ``low`` and ``high`` are minval and maxval where given, so two equal hosts get 1 each from a weigher with a fixed
    low and 0 each from one without; where low equals high, every host gets 0.
    """
    if minval is None:
        low = values.min()
    else:
        values = np.maximum(values, minval)
        low = np.float64(minval)
    if maxval is None:
        high = values.max()
    else:
        values = np.minimum(values, maxval)
        high = np.float64(maxval)
    if high == low:
        return np.zeros(len(values), dtype=np.float64)
    scaled: Reals = (values - low) / (high - low)
    return scaled
