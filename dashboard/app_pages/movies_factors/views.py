"""What the page about latent factors shows: films on components, ends, a selection, epochs."""

import dataclasses

import numpy as np
import pandas as pd
import streamlit as st

from core.movies.explore import MovieExplorer
from core.movies.explore.components import Components, correlations
from dashboard import theme, view_state
from dashboard.app_pages.movies_factors.map_figure import Axis
from dashboard.app_pages.movies_factors.training_figure import Epoch
from dashboard.components import selection
from dashboard.components.text import listed, plain

N_COMPONENTS = 5
N_ENDS = 4  # films listed at each end of a component
_FACTS = ["label", "genres", "year", "count", "mean", "bias"]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Films on the components of all that have factors of their own.

    Attributes:
        components: of all films with factors of their own.
        first: how many of them, more rated, are left out.
        films: the films drawn, the most rated first; the index is the explorer's rows.
    """

    components: Components
    first: int
    films: pd.DataFrame

    @property
    def coordinates(self) -> np.ndarray:
        """Returns f64[N, K] of the films drawn."""
        return self.components.coordinates[self.first : self.first + len(self.films)]

    def axis(self, number: int) -> Axis:
        """Returns a component, counted from 1, as an axis of the map."""
        low, high = self.ends(number)
        share = theme.percent(self.components.explained[number - 1])
        return Axis(
            self.coordinates[:, number - 1],
            f"{component_name(number)} ({share} of the variance)",
            tuple(low["title"]),
            tuple(high["title"]),
        )

    def ends(self, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Returns the films at the low and at the high end of a component, the farthest first."""
        order = np.argsort(self.coordinates[:, number - 1], kind="stable")
        return self.films.iloc[order[:N_ENDS]], self.films.iloc[order[::-1][:N_ENDS]]

    def table(self, numbers: tuple[int, ...]) -> pd.DataFrame:
        """Returns the films drawn with their places on some components."""
        places = {
            f"component_{number}": self.coordinates[:, number - 1]
            for number in dict.fromkeys(numbers)
        }
        return self.films[_FACTS].assign(**places)

    def correlations(self, genres: tuple[str, ...]) -> pd.DataFrame:
        """Returns what each component goes along with, among the films drawn."""
        some = dataclasses.replace(self.components, coordinates=self.coordinates)
        return correlations(some, self.films, genres)

    def epochs(
        self, films: MovieExplorer, numbers: tuple[int, int], errors: dict[int, float]
    ) -> list[Epoch]:
        """Returns where the films were after each epoch kept, on the finished model's axes."""
        rows, columns = self.films.index.to_numpy(), [number - 1 for number in numbers]
        found = []
        for number in films.epochs:
            bias, factors = films.snapshot(number)
            points = self.components.project(factors[rows])[:, columns]
            found.append(Epoch(number, points, bias[rows].astype(np.float64), errors.get(number)))
        return found

    def history(self, films: MovieExplorer, numbers: tuple[int, int]) -> pd.DataFrame:
        """Returns the same as one table: label, epoch, bias and places on two components."""
        parts = [
            pd.DataFrame(
                {
                    "label": self.films["label"].to_numpy(),
                    "epoch": epoch.number,
                    "bias": epoch.bias,
                    f"component_{numbers[0]}": epoch.points[:, 0],
                    f"component_{numbers[1]}": epoch.points[:, 1],
                }
            )
            for epoch in self.epochs(films, numbers, {})
        ]
        return pd.concat(parts, ignore_index=True)


def choose(films: MovieExplorer, method: str, drawn: tuple[int, int]) -> Chosen:
    """Finds the components of the films with factors and picks those that are drawn.

    Args:
        films: the model.
        method: one of `core.movies.explore.components.METHODS`.
        drawn: first and last rank by number of ratings, from 1.
    """
    components = films.components(method=method, n_components=len(component_numbers(films)))
    rows = films.mapped()[drawn[0] - 1 : drawn[1]]
    return Chosen(components, drawn[0] - 1, films.films.iloc[rows])


def component_numbers(films: MovieExplorer) -> tuple[int, ...]:
    """Returns the components there are to choose from, from 1; each method has them all."""
    n_films, n_factors = films.n_mapped, films.item_factors.shape[1]
    return tuple(range(1, 1 + min(N_COMPONENTS, n_factors - 1, n_films - 1)))


def component_name(number: int) -> str:
    """Returns a component's name as pages and links have it."""
    return f"Component {number}"


def said_of(chosen: Chosen, numbers: list[int]) -> str:
    """Says how much some components tell of the films, and which ones lie at their ends.

    Args:
        chosen: the films of the map.
        numbers: of the components drawn, each once.
    """
    shares = [theme.percent(chosen.components.explained[number - 1]) for number in numbers]
    runs = []
    for number in numbers:
        low, high = (plain(films["title"].iloc[0]) for films in chosen.ends(number))
        runs.append(f"component {number} runs from **{low}** to **{high}**")
    ends = ", ".join(runs)
    return (
        f"component{'s' * (len(numbers) > 1)} {listed(map(str, numbers))}, "
        f"{listed(shares)} of what tells films apart. {ends[0].upper()}{ends[1:]}."
    )


def zoomed(axis: Axis, part: tuple[int, int]) -> Axis:
    """Returns the axis with only a part of it shown, given in percent of all of it."""
    if part == (0, 100) or part[0] == part[1]:
        return axis
    low, high = axis.span
    return axis._replace(range=tuple(low + (high - low) * share / 100 for share in part))


def draw_ends(number: int, ends: tuple[pd.DataFrame, pd.DataFrame], *, few: bool = False) -> None:
    """Draws the films at both ends of a component as two short lists."""
    low, high = (films["label"].iloc[: 3 if few else N_ENDS] for films in ends)
    st.markdown(f"**{component_name(number)}**")
    for sign, labels in (("High", high), ("Low", low)):
        lines = "  \n".join(f":small[{plain(label)}]" for label in labels)
        st.markdown(f":small[**{sign}**]  \n" + lines)


def selection_table(view: view_state.View, chosen: Chosen, key: str, axes: list[Axis]) -> None:
    """Draws the table of the films that were selected in the map, and what can be done with them.

    Args:
        view: the page's controls, among them `zoom_x` and `zoom_y`.
        chosen: the films of the map.
        key: of the map.
        axes: across and up, unzoomed.
    """
    rows = selection.kept(key, chosen.films.index)
    is_zoomed = any(view.controls[name].value != (0, 100) for name in ("zoom_x", "zoom_y"))
    whole = {"zoom_x": (0, 100), "zoom_y": (0, 100)}
    if not rows:
        if is_zoomed:
            st.button("Show the whole map", on_click=view.set, kwargs=whole, key=f"{key}-whole")
        return
    table = chosen.films.loc[rows, _FACTS].sort_values("count", ascending=False)
    places = chosen.films.index.get_indexer(rows)
    region = {
        name: _part(axis, axis.values[places])
        for name, axis in zip(("zoom_x", "zoom_y"), axes, strict=True)
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(table)} film{'s' * (len(table) > 1)} selected**", width="content")
        st.button(
            "Zoom in, more titles",
            on_click=view.set,
            kwargs=region,
            key=f"{key}-zoom",
            icon=":material/zoom_in:",
        )
        if is_zoomed:
            st.button("Show the whole map", on_click=view.set, kwargs=whole, key=f"{key}-whole")
        selection.tools(key, table, filename="movies-selected")
    st.dataframe(
        table,
        hide_index=True,
        height=min(320, 38 + 35 * len(table)),
        column_config={
            "label": "Film",
            "genres": "Genres",
            "year": None,
            "count": st.column_config.NumberColumn("Ratings"),
            "mean": st.column_config.NumberColumn("Mean", format="%.2f"),
            "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
        },
    )


def _part(axis: Axis, values: np.ndarray) -> tuple[int, int]:
    """Returns the part of an axis, in whole percent, that holds some values with room around."""
    low, high = axis.span
    shares = 100 * (values - low) / (high - low)
    room = max(2.0, 0.05 * float(np.ptp(shares)))
    return (
        int(np.clip(np.floor(shares.min() - room), 0, 99)),
        int(np.clip(np.ceil(shares.max() + room), 1, 100)),
    )
