"""Which films are good, once the raters are accounted for?"""

import functools

import streamlit as st

from dashboard import theme, view_state
from dashboard.app_pages.movies_ranking import ranking_figure as figures
from dashboard.app_pages.movies_ranking import reversals_figure
from dashboard.components import experiments, page, provenance, share, width
from dashboard.components import films as film_parts
from dashboard.components.chart import chart

KEY = "movies_ranking_main"
ENDS, MEAN, REVERSALS = "best and worst", "bias and mean", "reversals"

page.header(
    "Which films are good, once the raters are accounted for?",
    "A film's bias is what is left of its ratings when the model has taken out how strict its "
    "raters are and what they like.",
)
view = view_state.page("movies_ranking")
left, middle, right = st.columns([13, 8, 9], vertical_alignment="bottom")
films = film_parts.choose_model(view, middle)
with left:
    shown = view.segmented_control("view", "View", (ENDS, MEAN, REVERSALS), ENDS)
with right:
    film = film_parts.find_box(view, films)
genre_box, decade_box, more = st.columns([5, 5, 3], vertical_alignment="bottom")
with genre_box:
    genres = view.multiselect("genres", "Genres", films.genres, placeholder="all genres")
with decade_box:
    decades = view.multiselect("decades", "Decades", films.decades, placeholder="all decades")
with more, st.popover("More", icon=":material/tune:", width="stretch"):
    n_ends = view.slider("n_ends", "Films at each end", 5, 40, 12)
    n_films = films.n_ranked
    top_n = view.number_input(
        "top_n", "Only among the most rated", 10, n_films, min(2000, n_films), 500
    )
    min_count = view.number_input("min_count", "At least so many ratings", 0, 10_000, 0, 10)
    words = view.text_input("words", "Title contains", type="search")

everything = films.ranking(top_n=top_n)
ranked = films.ranking(
    top_n=top_n, genres=genres, decades=decades, min_count=min_count, search=words
)
reset = {"genres": [], "decades": [], "min_count": 0, "words": ""}
if ranked.empty:
    st.info(
        "No film is left: these filters exclude each other. Take one away, lower the number of "
        "ratings, or start again.",
        icon=":material/filter_alt_off:",
    )
    st.button("Remove all filters", on_click=view.set, kwargs=reset, key="movies_ranking-reset")
else:
    pixels = width.known(KEY)
    look = page.look()
    options = {"highlight": film, "width": pixels, "font_size": look.letters}
    best, worst = page.plain(ranked["label"].iloc[0]), page.plain(ranked["label"].iloc[-1])
    of = theme.counted(len(ranked), "film")
    drawn = ranked
    if shown == ENDS:
        figure = figures.best_and_worst(ranked, n_ends, **options)
        alt = f"Bars of bias: the {n_ends} best and the {n_ends} worst of {of}"
        text = (
            f"The only film that is left: **{best}** ({theme.signed(ranked['bias'].iloc[0])} stars "
            "of bias)."
            if len(ranked) == 1
            else f"The best and the worst of {of} by bias: **{best}** "
            f"({theme.signed(ranked['bias'].iloc[0])} stars) at the top, **{worst}** "
            f"({theme.signed(ranked['bias'].iloc[-1])}) at the bottom."
        ) + " The thin lines are the standard deviation of the bias over training splits."
    elif shown == MEAN:
        figure = reversals_figure.bias_against_mean(
            ranked, **options, background=theme.surface(dark=look.dark).background
        )
        alt = f"Scatter of {of}: bias over mean rating, size is the number of ratings"
        off = ranked["bias"] - reversals_figure.usual_bias(ranked)
        text = (
            f"Bias over mean rating for {of}; the larger a dot, the more ratings. The dashed line "
            "is the bias that is usual for a mean. "
        )
        above, under = off.idxmax(), off.idxmin()
        text += (
            f"Farthest above it: **{page.plain(ranked['label'][above])}**; farthest below: "
            f"**{page.plain(ranked['label'][under])}**."
            if off[above] > 0 > off[under]
            else f"**{best}** is alone."
            if len(ranked) == 1
            else "None lies off it."
        )
    else:
        drawn = reversals_figure.largest_reversals(ranked, n_ends)
        figure = reversals_figure.reversals(ranked, n_ends, **options)
        alt = f"Lines: films of {of} whose rank by bias differs most from their rank by mean"
        text = (
            f"The films, among {of}, that move farthest when the mean is corrected for who rated. "
            "Rings are ranks by mean, dots are ranks by bias. "
        )
        if drawn.empty:
            text = f"No rank among {of} changes when the mean is corrected for who rated."
        ends = [drawn.iloc[place] for place in ([0, -1] if len(drawn) > 1 else range(len(drawn)))]
        text += ", ".join(
            f"**{page.plain(one['label'])}** {verb}from {theme.count(one['mean_rank'])} to "
            f"{theme.count(one['bias_rank'])}"
            for one, verb in zip(ends, ("goes ", ""), strict=False)
        ) + ("." if ends else "")
    if films.offset == 0:
        text += " This recipe starts from no mean rating, so all its biases sit higher."
    columns = ["label", "genres", "count", "mean", "bias", "bias_sd"]
    columns += ["bias_rank", "mean_rank", "reversal"]
    chart(
        figure,
        key=KEY,
        alt=alt,
        data=drawn[columns],
        filename="movies-ranking",
        on_select=functools.partial(film_parts.take_selection, view, films, KEY),
        selection_mode="points",
    )
    page.what_you_see(text + " Click a film for its card.")

if film is not None:
    film_parts.card(view, films, film, everything)
experiments.draw(
    view,
    [
        ("Only films with 100 ratings or more", {"view": ENDS, "min_count": 100}),
        ("Loved by generous raters", {"view": REVERSALS, "min_count": 30}),
        ("Battlefield Earth", {"view": MEAN, "film": "Battlefield Earth (2000)"}),
    ],
    kept=("model",),
    starts_again=True,
)
with page.details("How the bias is found, and the whole list"):
    st.markdown("A rating of user $u$ for film $i$ is predicted as")
    st.latex(r"\hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i")
    st.markdown(
        f"with $\\mu$ = {films.offset:.3f} stars, the user's bias $b_u$ (how generous), the film's "
        "bias $b_i$, and what the film's factors $q_i$ offer to the user's taste $p_u$. All are "
        "found together, with a penalty on their size: a film with few ratings stays near 0. "
        "A mean rating, in contrast, also rises when only generous people watch a film."
    )
    if not ranked.empty:
        st.dataframe(
            ranked[["bias_rank", "label", "bias", "bias_sd", "mean", "mean_rank", "count"]],
            hide_index=True,
            height=320,
            column_config={
                "bias_rank": st.column_config.NumberColumn("Rank", width="small"),
                "label": "Film",
                "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
                "bias_sd": st.column_config.NumberColumn("± (sd)", format="%.2f"),
                "mean": st.column_config.NumberColumn("Mean", format="%.2f"),
                "mean_rank": st.column_config.NumberColumn("Rank by mean"),
                "count": st.column_config.NumberColumn("Ratings"),
            },
        )
share.popover(view)
width.ask(KEY)
provenance.footer(films.bundle, lesson="movies-bias")
