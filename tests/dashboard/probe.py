"""A page with every kind of control, built on the shell alone; AppTest and the browser run it."""

import sys
from pathlib import Path

if (ROOT := str(Path(__file__).resolve().parents[2])) not in sys.path:
    sys.path.insert(0, ROOT)

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import theme, view_state
from dashboard.components import experiments, page, share
from dashboard.components.chart import chart

MARKDOWN = "M*A*S*H $5 and $6 _x_ `y` [a](b) <b>c</b> -> :red[d] :smile: :material/home: ~~e~~ # f"
FILMS = ("Heat", "M*A*S*H", "$9.99")

present = view_state.is_present()
st.set_page_config(layout="wide", initial_sidebar_state="collapsed" if present else "auto")


def probe() -> None:
    page.header("Does the shell hold?", "Every kind of control, once.")
    view = view_state.page("probe")
    with st.container(horizontal=True):
        values = {
            "top_n": view.slider("top_n", "Films", 5, 50, 15),
            "reg": view.slider("reg", "L2", 0.0, 1.0, 0.25, 0.05),
            "years": view.slider("years", "Years", 1900, 2020, (1950, 2000)),
            "size": view.select_slider("size", "Size", ("small", "medium", "large"), "medium"),
            "film": view.selectbox("film", "Film", FILMS, "Heat"),
            "axis": view.segmented_control("axis", "Axis", (1, 2, 3), 1, lambda n: f"factor {n}"),
            "genres": view.pills("genres", "Genres", ("Drama", "Comedy", "War"), ["Drama"]),
            "titles": view.multiselect("titles", "Titles", FILMS),
            "names": view.toggle("names", "Names"),
            "query": view.text_input("query", "Search", max_chars=10),
            "count": view.number_input("count", "Ratings", 1, 500, 20),
        }
    frame = pd.DataFrame({"film": FILMS, "bias": [0.4, -0.2, values["reg"]]})
    figure = go.Figure(
        go.Bar(x=frame.bias, y=frame.film.map(theme.plain_html), orientation="h")
    ).update_layout(xaxis_title="Bias (stars)", title=f"Top {values['top_n']}")
    chart(figure, key="probe_main", alt="Three bars", data=frame, filename="probe")
    page.what_you_see(f"Three films. {page.plain(MARKDOWN)}")
    experiments.draw(
        view,
        [
            ("Few films", {"top_n": 7, "film": "$9.99", "count": 3}),
            ("Defaults", {"top_n": 15, "film": "Heat", "count": 20}),
        ],
    )
    share.popover(view)
    st.json(values)


current = st.navigation(
    [
        st.Page(probe, title="Probe", default=True),
        st.Page(lambda: st.title("Elsewhere"), title="Elsewhere", url_path="elsewhere"),
    ]
)
with st.sidebar:
    view_state.present_toggle()
if present:
    st.html(theme.PRESENT_CSS)
current.run()
