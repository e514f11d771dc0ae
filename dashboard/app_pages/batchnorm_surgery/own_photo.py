"""A photo of the visitor's own: cat or dog, without batch norm and with it by each recipe.

The photo stays in the visitor's session: it is written to no file, no log and no link.
"""

import base64
import io

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.batchnorm.explore import MIDDLE, decode
from core.batchnorm.explore.nets import Predictions
from core.batchnorm.explore.surgery import SurgeryModel
from core.errors import BundleError, BundleNotFound, InputError
from dashboard import resources, view_state
from dashboard.app_pages.batchnorm_surgery import layers_figure as figures
from dashboard.app_pages.batchnorm_surgery.views import NAMES, PAGE, Operation
from dashboard.components import page
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence

KEY = f"{PAGE}_photo"
MOST_MEGABYTES = 5
_ANSWERS = f"{PAGE}-answers"
_SHOWN = 200  # px
_TUNED = "fine-tuned, with"


def draw(view: view_state.View, model: SurgeryModel, operation: Operation, recipe: str) -> None:
    """Draws the field for a photo and what the nets say of it."""
    st.subheader("Is yours a cat or a dog?", anchor=False)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        file = st.file_uploader(
            "A photo of your own",
            type=None,  # a photo is known by its content: names end in .jfif, .jpe, or in nothing
            key=f"{PAGE}-file",
            max_upload_size=MOST_MEGABYTES,
            help=f"JPEG, PNG, WebP, GIF or BMP, at most {MOST_MEGABYTES} MB. It stays in this "
            "session: it is kept nowhere, and is in no link and no log.",
        )
    if file is None:
        with right:
            st.caption(
                "Here you see what the net says of your photo as it is, and with batch norm put in "
                "by each recipe. It knows cats and dogs only and calls everything one of them."
            )
        return
    view.withhold("your photo")
    try:
        content = file.getvalue()
        shown = {"size": model.size, "framing": model.framing}
        square = decode(content, **shown, name=f"the file {file.name}")
        table = _answers(model, operation, square, content, file.file_id)
    except InputError as error:
        with right:
            st.warning(plain(sentence(error)), icon=":material/error:")
        return
    with left:
        st.html(_picture(square, model.framing))
    with right:
        chart(
            figures.answers(table, font_size=page.look().letters),
            key=KEY,
            alt="; ".join(f"{row['net']}: {_word(row)}" for _, row in table.iterrows()),
            data=table,
            filename="cat-or-dog",
        )
        without, chosen = table.iloc[0], table.iloc[1 + list(NAMES).index(recipe)]
        tuned = table[table["net"] == _TUNED]
        page.what_you_see(
            f"As it is, the net says **{_word(without)}**; with the recipe “{NAMES[recipe]}” it "
            f"says **{_word(chosen)}**. All answers are in evaluation mode: in training mode one "
            "photo alone would be its own mean."
            + ("" if tuned.empty else f" {_said_by_tuned(tuned.iloc[0])}")
        )


def _answers(
    model: SurgeryModel, operation: Operation, square: np.ndarray, content: bytes, file_id: str
) -> pd.DataFrame:
    """Asks the nets; once for a photo and operation."""
    asked = (file_id, operation._replace(training=False))
    kept = st.session_state.get(_ANSWERS)
    if kept is not None and kept[0] == asked:
        return kept[1]
    rows = []
    with st.spinner("The nets look at it: some seconds the first time"):
        for recipe, name in NAMES.items():
            seen = model.classify(
                square,
                operation.layers,
                recipe,
                operation.epsilon,
                operation.n_samples,
                operation.seed,
            )
            if not rows:
                rows.append(_row("as it is", seen.without))
            rows.append(_row(name, seen.with_norm))
        tuned = _fine_tuned(content)
    if tuned is not None:
        rows.append(_row("fine-tuned, without", tuned.without))
        rows.append(_row(_TUNED, tuned.with_norm))
    table = pd.DataFrame(rows)
    st.session_state[_ANSWERS] = (asked, table)
    return table


def _fine_tuned(content: bytes) -> Predictions | None:
    """Asks the fine-tuned nets, if they are here: the page is complete without them."""
    try:
        return resources.best_nets().classify(content)
    except (BundleNotFound, BundleError):
        return None


def _said_by_tuned(row: pd.Series) -> str:
    return (
        f"The net with batch norm that was then trained on cats and dogs says **{_word(row)}**; it "
        "sees all of your photo, squeezed into a square."
    )


def _row(net: str, shares: np.ndarray) -> dict[str, object]:
    return {"net": net, "cat": float(shares[0]), "dog": float(shares[1])}


def _word(row: pd.Series) -> str:
    if not np.isfinite(row["cat"]):
        return "nothing: its sums are no numbers any more"
    name = "cat" if row["cat"] >= row["dog"] else "dog"
    return f"{name}, {100 * row[name]:.0f}\N{NO-BREAK SPACE}%"


def _picture(square: np.ndarray, framing: str) -> str:
    """Returns the part of the photo that the net sees; inside the page, behind no address."""
    file = io.BytesIO()
    Image.fromarray(square).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    part = "The middle square of your photo" if framing == MIDDLE else "Your photo, squeezed"
    return (
        f'<img src="data:image/png;base64,{data}" width="{_SHOWN}" height="{_SHOWN}" '
        f'alt="{part}, as the net sees it">'
    )
