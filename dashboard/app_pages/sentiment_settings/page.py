"""What do vocabulary, length and dropout change? Recorded trainings of the lesson's nets."""

import pandas as pd
import streamlit as st

from core.sentiment.explore.comparison import effects
from dashboard import resources, theme, view_state
from dashboard.app_pages.sentiment_settings import panels_figure as figures
from dashboard.components import experiments, missing, page, provenance, share, width
from dashboard.components.chart import chart

PAGE = "sentiment_settings"
KEY = f"{PAGE}_main"
SETTINGS = {
    "n_ids": "Vocabulary (words)",
    "length": "Length read (words)",
    "dropout": "Dropout (share left out)",
}
SAID = {
    "n_ids": "a vocabulary of {} words",
    "length": "reading the last {} words",
    "dropout": "a dropout of {} in the hidden layer",
}


def written(setting: str, value: float) -> str:
    """Says a setting's value in words."""
    number = theme.count(int(value)) if setting != "dropout" else f"{value:g}"
    return SAID[setting].format(number)


def finding(own: pd.DataFrame, setting: str) -> str:
    """Says what a setting is worth to one net."""
    rows = own[own["setting"] == setting]
    best, worst = rows.loc[rows["accuracy"].idxmax()], rows.loc[rows["accuracy"].idxmin()]
    gain = 100 * (best["accuracy"] - worst["accuracy"])
    return (
        f"{written(setting, best['value'])} does best ({theme.percent(best['accuracy'])}), "
        f"{gain:.2f} points above {written(setting, worst['value'])}"
    )


page.header(
    "What do vocabulary, length and dropout change?",
    "The lesson’s nets, trained again with one setting changed and all others as they were. "
    "Accuracy is on validation reviews, a tenth of train.",
)
view = view_state.page(PAGE)
with missing.guard():
    bundle = resources.bundle("sentiment-settings")
table = effects(bundle.tables["runs"])
presets = list(bundle.config["presets"])
titles = {
    preset: (resources.manifest(f"sentiment-{preset}") or {"config": {}})["config"].get(
        "title", preset
    )
    for preset in presets
}
net = view.segmented_control("net", "Net in colour", presets, presets[0], titles.__getitem__)
look = page.look()
standard = bundle.config["standard"]
own = table[table["preset"] == net]
chart(
    figures.panels(
        table,
        names=SETTINGS,
        standard=standard[net],
        titles=titles,
        chosen=net,
        width=width.known(KEY),
        font_size=look.letters,
    ),
    key=KEY,
    alt=f"Accuracy of {titles[net]} by vocabulary, length and dropout: "
    + "; ".join(finding(own, setting) for setting in SETTINGS),
    data=table,
    filename="sentiment-settings",
)
n_seeds = int(table["seeds"].max())
page.what_you_see(
    f"For {page.plain(titles[net])}, {finding(own, 'n_ids')}; {finding(own, 'length')}; "
    f"{finding(own, 'dropout')}. Dotted lines are the lesson’s settings. "
    + (f"Bars reach from the worst to the best of {n_seeds} seeds. " if n_seeds > 1 else "")
    + "Half a point may be chance: the validation part has some 2,400 reviews."
)
experiments.draw(view, [(f"See {titles[preset]}", {"net": preset}) for preset in presets])
with page.details("All numbers, and how they were made"):
    st.dataframe(
        pd.DataFrame(
            {
                "net": table["preset"].map(titles),
                "setting": table["setting"].map(SETTINGS),
                "value": table["value"].map("{:g}".format),
                "accuracy": table["accuracy"].map(theme.percent),
                "worst seed": table["low"].map(theme.percent),
                "best seed": table["high"].map(theme.percent),
                "epoch": table["epoch"],
                "seeds": table["seeds"],
            }
        ),
        hide_index=True,
    )
    st.markdown(
        "Each dot is the mean over seeds, after the epoch whose mean loss on validation is lowest: "
        "a net with little dropout is best early, before it learns its reviews by heart. A word "
        "outside the vocabulary is read as ‘unk’, and of a review that is longer only the end is "
        "read. No setting was chosen on the test reviews, and none of these trainings was measured "
        "on them."
    )
share.popover(view)
width.ask(KEY)
provenance.footer(bundle)
