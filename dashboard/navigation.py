"""The pages of the app in the order of the menu, read by the menu and by the Overview."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One page of the app."""

    script: str  # path below dashboard/
    title: str  # as the menu says it
    url_path: str  # unique among all pages; "" is the first page
    icon: str
    question: str = ""  # what the page answers, for its card on the Overview


PAGES: dict[str, tuple[Entry, ...]] = {
    "": (Entry("app_pages/overview/page.py", "Overview", "", ":material/home:"),),
    "Movies": (
        Entry(
            "app_pages/movies_ranking/page.py",
            "Ranking",
            "movies-ranking",
            ":material/trophy:",
            "Which films are good, once the raters are accounted for?",
        ),
        Entry(
            "app_pages/movies_factors/page.py",
            "Factors",
            "movies-factors",
            ":material/scatter_plot:",
            "What do the latent factors mean?",
        ),
        Entry(
            "app_pages/movies_why/page.py",
            "Why this prediction?",
            "movies-why",
            ":material/waterfall_chart:",
            "Why does the model predict these stars for this rater and this film?",
        ),
        Entry(
            "app_pages/movies_you/page.py",
            "You",
            "movies-you",
            ":material/person_pin_circle:",
            "Rate a few films: what does the model make of you, and what would you like?",
        ),
    ),
    "Words": (
        Entry(
            "app_pages/words_map/page.py",
            "Map",
            "words-map",
            ":material/map:",
            "Where do words lie, and how far can the map be trusted?",
        ),
        Entry(
            "app_pages/words_tsne/page.py",
            "t-SNE at work",
            "words-tsne",
            ":material/animation:",
            "How does t-SNE draw a map?",
        ),
        Entry(
            "app_pages/words_neighbours/page.py",
            "Neighbours",
            "words-neighbours",
            ":material/hub:",
            "Who are a word's neighbours, and according to which texts?",
        ),
    ),
    "Sentiment": (
        Entry(
            "app_pages/sentiment_score/page.py",
            "Score a review",
            "sentiment-score",
            ":material/rate_review:",
            "Is this review for the film, and which words say so?",
        ),
        Entry(
            "app_pages/sentiment_board/page.py",
            "Leaderboard",
            "sentiment-board",
            ":material/leaderboard:",
            "Which model wins, and when?",
        ),
        Entry(
            "app_pages/sentiment_reviews/page.py",
            "Failures",
            "sentiment-reviews",
            ":material/rule:",
            "Where do the models fail, on your reviews or on the test reviews?",
        ),
        Entry(
            "app_pages/sentiment_filters/page.py",
            "Convolution",
            "sentiment-filters",
            ":material/filter_center_focus:",
            "What do the filters look for?",
        ),
        Entry(
            "app_pages/sentiment_settings/page.py",
            "Settings",
            "sentiment-settings",
            ":material/tune:",
            "What do vocabulary, length and dropout change?",
        ),
    ),
    "Text generation": (
        Entry(
            "app_pages/textgen_write/page.py",
            "Write",
            "textgen-write",
            ":material/edit_note:",
            "What does the net write, and what surprises it?",
        ),
        Entry(
            "app_pages/textgen_learn/page.py",
            "Watch it learn",
            "textgen-learn",
            ":material/model_training:",
            "How does a net learn to write?",
        ),
        Entry(
            "app_pages/textgen_recurrence/page.py",
            "Why recurrence?",
            "textgen-recurrence",
            ":material/cycle:",
            "What does a state remember that a window cannot?",
        ),
        Entry(
            "app_pages/textgen_inside/page.py",
            "Inside",
            "textgen-inside",
            ":material/memory:",
            "What does a cell of the net remember, and what if it is held?",
        ),
    ),
    "Batch norm": (
        Entry(
            "app_pages/batchnorm_surgery/page.py",
            "The surgery",
            "batchnorm-surgery",
            ":material/healing:",
            "Batch norm is put into a trained net: does the net notice?",
        ),
        Entry(
            "app_pages/batchnorm_buys/page.py",
            "What it buys",
            "batchnorm-buys",
            ":material/speed:",
            "Does batch norm let a net learn faster or better?",
        ),
        Entry(
            "app_pages/batchnorm_layer/page.py",
            "How batch norm works",
            "batchnorm-layer",
            ":material/align_horizontal_center:",
            "What does a batch norm layer do to a number?",
        ),
    ),
    "Ideas": (
        Entry(
            "app_pages/ideas_embeddings/page.py",
            "Embeddings",
            "ideas-embeddings",
            ":material/grid_on:",
            "Is an embedding more than a table?",
        ),
    ),
}

# Addresses that pages had once; links and bookmarks with them still lead there.
FORMER_ADDRESSES = {
    "text-write": "textgen-write",
    "text-learn": "textgen-learn",
    "text-recurrence": "textgen-recurrence",
    "text-inside": "textgen-inside",
}
