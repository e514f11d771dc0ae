"""Closing tags summed up: how many were right, by depth or by distance."""

import numpy as np
import pandas as pd

DISTANCES = (0, 8, 16, 32, 64, 128)  # characters since the tag was opened: borders of classes


def by_class(closings: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums closings up.

    Args:
        closings: see `core.textgen.memory.ask_for_tags`.
        by: "depth", or "distance", in classes that begin at `DISTANCES`.

    Returns:
        A row a reader and class: "reader", `by`, "n", "share_right".
    """
    values = closings[by]
    if by == "distance":
        values = np.array(DISTANCES)[np.searchsorted(DISTANCES, values, side="right") - 1]
    grouped = closings.assign(**{by: values}).groupby(["reader", by], sort=False)["is_right"]
    return grouped.agg(n="size", share_right="mean").reset_index()
