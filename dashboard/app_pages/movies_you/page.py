"""Rate a few films: what does the model make of you, and what would you like?"""

import numpy as np
import streamlit as st

from core.movies.explore.fold_in import leave_one_out
from dashboard import control_setting, resources, theme, view_state
from dashboard.app_pages.movies_you import taste_figure as figures
from dashboard.components import experiments, missing, page, provenance, share, undo, visitor
from dashboard.components import films as film_parts
from dashboard.components.chart import chart
from dashboard.figures.waterfall import poles, shortened

N_BEST = 10
MIDDLE = 2.75  # of the scale from half a star to five
LIST_ROWS, LIST_HEIGHT = 5, 340  # a longer list of ratings scrolls, in px
AXIS_TITLE = 16  # characters of a film that names an end of an axis
WELL_KNOWN = 400  # the films that name an axis are among the most rated
EFFECTS = ("your bias", "your first recommendation")
SEARCH = "movies_you_search"  # not in the link: it changes with each letter

page.header(
    "You: what would you like?",
    "Rate films and the model places you among them at once. Your ratings live in this page's "
    "address and nowhere else.",
)
view = view_state.page("movies_you")
with missing.guard():
    films = resources.movie_explorer("movies-bias")

labels, movie_ids = films.films["label"], films.films["movie_id"]
notice = st.container()
rating_panel, map_panel = st.columns([4, 7], gap="medium")
chooser = rating_panel.container()
listed = rating_panel.container()
with map_panel, st.container(horizontal=True, vertical_alignment="bottom"):
    shade = view.segmented_control("shade", "Colour", figures.SHADES, figures.SHADES[0])
    strength = view.select_slider(
        "strength",
        "Strength of L2",
        visitor.STRENGTHS,
        1.0,
        lambda value: f"{value:g}",
        help="How strongly you are pulled to the average: 1 is what the model was trained with, "
        "0.1 believes every rating, 10 hardly any.",
    )
drawing = map_panel.container()
below, words, folded = st.container(), st.container(), st.container()
with folded, page.details("Your ratings as text: what the link holds"):
    text = film_parts.ratings_text(view)
    st.latex(
        r"\begin{aligned}\min_{b, p} & \sum_i (r_i - \mu - b_i - b - p \cdot q_i)^2"
        r"\\ & + \lambda_b b^2 + \lambda_p |p|^2\end{aligned}"
    )
    st.markdown(
        "Your bias b and factors p are the exact minimum of this, found in closed form with the "
        "films as they were trained. The strength of L2 multiplies both λ. What a rating did is "
        "the difference to the same solution without it."
    )

ratings = film_parts.read_ratings(films, text, notice)
rated = films.rows_of(ratings)
is_frozen = view.controls["ratings"].is_locked
undo.watch("movies_you", text)
is_full = len(ratings) >= visitor.MOST_RATINGS


def linked() -> dict[int, float]:
    """Reads the link as it is at a click, which may come before the run of the last one ends."""
    return visitor.read(films, st.session_state.get("movies_you_ratings", text)).ratings


def rate(movie_id: int, key: str) -> None:
    """Writes what a rating control says into the link."""
    value = st.session_state.get(key)
    if value is None:
        return
    stars = value + 1.0 if key.startswith("movies_you-give") else value
    view.set(ratings=visitor.changed(linked(), movie_id, stars))
    st.session_state[SEARCH] = ""


def remove(movie_id: int) -> None:
    """Takes a film out of the link."""
    view.set(ratings=visitor.changed(linked(), movie_id, None))


if view.controls["ratings"].is_shown:
    with chooser:
        query = st.text_input(
            f"Search {theme.count(len(labels))} films",
            key=SEARCH,
            max_chars=80,
            live=True,
            placeholder="A word of the title",
            icon=":material/search:",
            disabled=is_frozen,
        )
        if query.strip():
            offered = films.search(query, limit=6).tolist()
            if not offered:
                near = [page.plain(name) for name in films.suggest(query)]
                hint = f" Did you mean {' or '.join(near)}?" if near else ""
                st.markdown(f"No film here is called “{page.plain(query)}”.{hint}")
        else:
            st.caption("Or begin with these: well known, and far apart in taste")
            offered = visitor.starters(films, rated)
        if is_full:
            st.caption(f"A link holds at most {visitor.MOST_RATINGS} ratings; remove one to go on.")
        for row in offered:
            movie_id = int(movie_ids[row])
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", wrap=False
            ):
                st.markdown(page.plain(labels[row]), width="stretch")
                if row in rated:
                    st.markdown(visitor.stars_words(rated[row]), width="content")
                    continue
                key = f"movies_you-give-{movie_id}"
                st.feedback(
                    "stars",
                    key=key,
                    disabled=is_frozen or is_full,
                    on_change=rate,
                    args=(movie_id, key),
                )
    with listed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Your ratings: {len(rated)}**", width="content")
            if not is_frozen:
                undo.offer(
                    "movies_you",
                    text,
                    lambda before: view.set(ratings=before),
                    help="Takes back the last change of your ratings.",
                )
        if not rated:
            st.caption("None yet. One click on a star is enough.")
        rows = st.container(
            height=LIST_HEIGHT if len(rated) > LIST_ROWS else "content", border=False
        )
        for row, stars in reversed(rated.items()):
            movie_id = int(movie_ids[row])
            key = f"movies_you-stars-{movie_id}"
            control_setting.put(key, stars)
            with rows.container(
                horizontal=True, vertical_alignment="center", gap="small", wrap=False
            ):
                st.markdown(page.plain(labels[row]), width="stretch")
                st.selectbox(
                    f"Stars for {page.plain(labels[row])}",
                    [half / 2 for half in range(10, 0, -1)],
                    key=key,
                    format_func=visitor.stars_words,
                    label_visibility="collapsed",
                    width=112,
                    disabled=is_frozen,
                    on_change=rate,
                    args=(movie_id, key),
                )
                st.button(
                    ":material/close:",
                    key=f"movies_you-remove-{movie_id}",
                    help=f"Remove {page.plain(labels[row])}",
                    type="tertiary",
                    disabled=is_frozen,
                    on_click=remove,
                    args=(movie_id,),
                )

you = films.new_user(rated, strength=strength)
predictions = films.predictions(you)
best = films.recommend(you, rated=list(rated), n=N_BEST)
effects = leave_one_out(films, rated, strength)
top = films.mapped()
basis = films.components(n_components=None)
n_known = min(WELL_KNOWN, len(top))
sides = poles(
    films.films["title"].iloc[top[:n_known]].tolist(), basis.coordinates[:n_known, :2], n=1
)
place = basis.project(you.factors[None])[0]
table = predictions[["movie_id", "title", "label", "prediction", "taste"]].assign(
    x=basis.coordinates[:, 0],
    y=basis.coordinates[:, 1],
    stars=[rated.get(row, np.nan) for row in predictions.index],
    rank=np.nan,
)
table.loc[best.index, "rank"] = range(1, len(best) + 1)
titles = best["label"].tolist()
across, up = (
    f"component {number}<br>← {theme.plain_html(shortened(side.low[0], AXIS_TITLE))}"
    f" · {theme.plain_html(shortened(side.high[0], AXIS_TITLE))} →"
    for number, side in enumerate(sides, start=1)
)
with drawing:
    chart(
        figures.taste_map(
            table,
            shade=shade,
            you=place[:2],
            axes=(across, up),
        ),
        key="movies_you_main",
        alt=f"Map of {len(table)} films on two components of taste, coloured by {shade}, with you "
        f"at {place[0]:.2f}, {place[1]:.2f} and {len(rated)} rated films",
        data=table,
        filename="movies-you",
    )
with below:
    recommended, measured = st.columns([6, 5], gap="large")
    with recommended:
        st.subheader("What you would like", anchor=False)
        if not rated:
            st.markdown(
                "You have rated nothing, so for the model you are the average visitor: these are "
                "simply the films with the best bias."
            )
        elif len(best) and best["prediction"].iloc[0] < MIDDLE:
            st.markdown(
                f"By the model, none of them: even the best gets "
                f"{best['prediction'].iloc[0]:.2f} of 5 stars."
            )
        why = visitor.reasons(films, best, rated, effects)
        st.markdown(
            "\n".join(
                f"1. **{page.plain(title)}** · **{min(stars, 5):.2f}** stars  \n   "
                f":small[{page.plain(reason)}]"
                for title, stars, reason in zip(titles, best["prediction"], why, strict=True)
            )
        )
        if rated:
            st.page_link(
                "app_pages/movies_why/page.py",
                label="Why these predictions, part by part?",
                icon=":material/account_tree:",
                query_params={"movies_why_ratings": text},
            )
    with measured:
        st.subheader("What the model makes of you", anchor=False)
        st.metric(
            "Your bias",
            theme.signed(you.bias),
            help="Stars that you give more or less than others, whatever the film.",
        )
        stricter = films.share_of_stricter(you.bias)
        strict = (
            f"About {100 * stricter:.0f} %"
            if 0.005 <= stricter <= 0.995
            else ("Fewer than 1 %" if stricter < 0.5 else "More than 99 %")
        )
        st.markdown(f"{strict} of the raters in the data are stricter than you.")
        if rated:
            what = view.segmented_control("effect", "What each rating did to", EFFECTS, EFFECTS[0])
            is_bias = what == EFFECTS[0]
            first = films.item_factors[best.index[:1]]
            changes = effects.bias + (0 if is_bias else effects.on_taste(first)[:, 0])
            given = [
                f"{visitor.stars_words(stars)} {shortened(films.films['title'][row], 28)}"
                for row, stars in rated.items()
            ]
            chart(
                figures.effects(given, changes, what=what),
                key="movies_you_effects",
                alt=f"Bars: how {what} changes by each of your {len(rated)} ratings",
                data=table.loc[[row for row in rated if row in table.index], ["label", "stars"]],
                filename="movies-you-effects",
            )
            st.caption(
                "Each bar compares you with yourself without that rating. Ratings share what they "
                "tell, so the bars need not sum to the whole."
            )

is_stars = shade == figures.SHADES[0]
liked = page.plain(titles[0]) if titles else "nothing that is left"
lowest, highest = figures.shade_range(table, shade)
with words:
    page.what_you_see(
        f"{theme.count(len(table))} films with factors of their own, "
        + (
            f"from dark blue ({lowest:.1f} predicted stars or fewer) to yellow ({highest:.1f} or "
            "more). "
            if is_stars
            else "blue where your taste adds stars, vermilion where it takes some. "
            if you.factors.any()
            else "all grey: without a rating no taste is known. "
        )
        + (
            "You are the star, the films you rated are diamonds; along the arrow predictions rise "
            "fastest on these two components. "
            if rated
            else "You are the star in the middle, where no taste is known. "
        )
        + f"First for you: {liked}."
    )
    experiments.draw(
        view,
        [(name, {"ratings": visitor.invented(films, name)}) for name in visitor.RATERS]
        + [("Nobody yet", {"ratings": ""})],
    )
share.popover(view)
provenance.footer(films.bundle, lesson="movies-bias")
