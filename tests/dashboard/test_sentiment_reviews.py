"""The page of failures in one process: the template, uploads of all kinds, the test reviews."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import save_bundle
from core.errors import DataError
from core.sentiment.data import Texts
from core.sentiment.explore.uploads import parse_labelled, written
from dashboard import resources
from dashboard.app_pages.sentiment_reviews import template_reviews
from dashboard.components import review_text
from tests.dashboard.board_samples import N_REVIEWS, board_bundle, fill_board, reviews
from tests.dashboard.reading import spec, words
from tests.dashboard.review_samples import TITLES, fill_reviews, review_bundle

App = Callable[..., AppTest]
PAGE = "sentiment_reviews"
TEST = {f"{PAGE}_source": "The test reviews"}
HOSTILE = "<script>alert(1)</script> *wonderful* $x$ :smile: =1+1"


@pytest.fixture(autouse=True)
def no_imdb(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the data set, whatever lies on this one."""
    monkeypatch.setattr(resources, "reviews_are_here", lambda: False)


@pytest.fixture
def models(empty_assets: Path) -> Path:
    return fill_reviews(empty_assets)


@pytest.fixture
def imdb_here(empty_assets: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with test reviews: one word each, of which the last is odd."""
    labels = reviews()["label"].to_numpy(np.float32)
    tokens = np.append(np.tile([0, 1], N_REVIEWS // 2)[:-1], 2).astype(np.int32)
    texts = Texts(
        tokens, np.arange(N_REVIEWS + 1), ("awful", "great", "<i>"), labels, np.arange(N_REVIEWS)
    )
    monkeypatch.setattr(resources, "reviews_are_here", lambda: True)
    monkeypatch.setattr(resources, "test_reviews", lambda: texts)
    return fill_board(empty_assets, ("mlp", "cnn", "nbsvm"))


def upload(page: AppTest, data: bytes, name: str = "mine.csv") -> AppTest:
    page.file_uploader[0].upload(name, data, "text/csv")
    page.run()
    assert not page.exception
    return page


def table(page: AppTest) -> list[list[object]]:
    return page.dataframe[0].value.to_numpy().tolist()


def shown_review(page: AppTest) -> str:
    (block,) = page.text
    return block.value


def test_the_template_is_shown_at_first(app: App, models: Path) -> None:
    page = app(PAGE)
    assert not page.exception and not page.warning and not page.error
    rows = table(page)
    assert {row[1] for row in rows} == {*TITLES.values(), "★ The template’s guesses"}
    assert rows[0][:4] == [1, "★ The template’s guesses", "83.33 %", "10"]
    assert {row[5] for row in rows} == {"91.00 %", ""}  # of the IMDB test, and none of the visitor
    assert (
        len(page.get("plotly_chart")) == 1 and "NaN" not in page.get("plotly_chart")[0].proto.spec
    )
    said = words(page)
    assert "What you see." in said and "the template’s guesses get 10 right" in said
    assert "you get" not in said and "You" not in str(rows)  # nobody has guessed yet
    captions = " ".join(caption.value for caption in page.caption)
    assert "the template, 12 reviews" in captions and "data get imdb" in captions


def test_the_template_is_a_file_that_can_be_uploaded(app: App, models: Path) -> None:
    data = written(template_reviews.ROWS)
    assert len(parse_labelled(data, template_reviews.NAME).texts) == 12
    page = app(PAGE)
    before = table(page)
    after = table(upload(page, data, template_reviews.NAME))
    assert [row[2:] for row in after] == [row[2:] for row in before]
    assert after[0][1] == "★ You" and "you get 10 right" in words(page)  # a file is the visitor's


def test_an_upload_is_scored_and_ranked_with_known_answers(app: App, models: Path) -> None:
    data = b"text;label;mine\nwonderful;pos;0,4\nawful;0;0\nnot bad;1;for\nsuperb, great;1;1\n"
    page = upload(app(PAGE), data)
    rows = {row[1]: row for row in table(page)}
    assert rows[TITLES["nbsvm"]][:4] == [1, TITLES["nbsvm"], "100.00 %", "4"]
    assert rows["★ You"][3] == rows[TITLES["mlp"]][3] == "3"
    assert rows["★ You"][0] == 2
    assert "place 2 of 6" in words(page)
    assert shown_review(page) == "not bad"  # the review that splits them most


def test_without_a_column_of_ones_own_there_is_no_row(app: App, models: Path) -> None:
    page = upload(app(PAGE), b"text\tlabel\nwonderful\t1\n", "a.txt")
    assert len(table(page)) == len(TITLES) and "You" not in str(table(page))
    assert any("Add a column" in caption.value for caption in page.caption)
    assert "Of 1 review," in words(page)


def test_a_file_of_another_collection_is_taken_and_what_is_left_out_is_told(
    app: App, models: Path
) -> None:
    data = "review;sentiment\nIt isn\u2019t bad;positive\n;negative\nWonderful;\n".encode("utf-16")
    page = upload(app(PAGE), data, "a.csv")
    assert not page.error and shown_review(page) == "It isn\u2019t bad"
    said = next(caption.value for caption in page.caption if "Shown now" in caption.value)
    assert "2 rows are left out: row 3 (no text), row 4 (no label)." in said
    page = upload(app(PAGE), b"text,label\na film,1\n,1\n" + b",0\n" * 3)
    said = next(caption.value for caption in page.caption if "Shown now" in caption.value)
    assert "4 rows are left out" in said and "and 1 more." in said
    page = upload(app(PAGE), b"text,label\na film,1\n")
    assert not any("left out" in caption.value for caption in page.caption)


def test_hostile_text_is_shown_as_text(app: App, models: Path) -> None:
    page = upload(app(PAGE), f"text,label\n{HOSTILE},1\n".encode(), "<b>*x*</b>.csv")
    assert shown_review(page) == HOSTILE
    everything = "\n".join(block.value for block in [*page.markdown, *page.caption])
    assert "<script>" not in everything and "<b>*x" not in everything
    assert not page.get("html")
    assert not any("script" in str(value) for value in page.query_params.values())


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"\xff\xfe\x00", "a.csv", "is not UTF-16 text"),
        (b"film,verdict\nx y z,pos\n", "a.csv", "rename column verdict to label"),
        (b"a lovely film,1\n", "a.csv", "should name the columns text and label"),
        (b"text,label\nx,maybe\n", "a.csv", "Row 2, column label (maybe)"),
        (b'text,label\n"x,1\n', "a.csv", "its quotation marks do not match"),
        (b"text,label\n" + b"x,1\n" * 2_001, "a.csv", "more than 2,000 reviews"),
    ],
)
def test_an_unusable_file_gives_a_sentence_and_leaves_what_was_there(
    app: App, models: Path, data: bytes, name: str, said: str
) -> None:
    page = upload(app(PAGE), data, name)
    assert said in page.error[0].value.replace("\\", "") and len(page.error) == 1
    assert len(table(page)) == len(TITLES) + 1
    page.button(key="sentiment-own-reviews-template").click().run()
    assert not page.exception and not page.error


def test_the_template_comes_back_by_its_button_and_when_the_file_goes(
    app: App, models: Path
) -> None:
    page = upload(app(PAGE), b"text,label\nwonderful,1\n")
    page.button(key="sentiment-own-reviews-template").click().run()
    assert len(table(page)) == len(TITLES) + 1
    upload(page, b"text,label\nwonderful,1\n")
    assert len(table(page)) == len(TITLES)
    page.file_uploader[0].set_value(None).run()
    assert not page.exception and len(table(page)) == len(TITLES) + 1


def test_the_file_stays_while_other_pages_are_visited(app: App, models: Path) -> None:
    page = upload(app(PAGE), b"text,label\nwonderful,1\n")
    page.switch_page("app_pages/sentiment_score/page.py").run()
    page.switch_page(f"app_pages/{PAGE}/page.py").run()
    assert not page.exception and shown_review(page) == "wonderful"


def test_a_file_of_several_parts_is_scored_whole(app: App, models: Path) -> None:
    rows = b"".join(b"wonderful,1\n" if k % 2 else b"awful,0\n" for k in range(250))
    page = upload(app(PAGE), b"text,label\n" + rows)
    right = {row[1]: row[3] for row in table(page)}
    assert right[TITLES["mlp"]] == right[TITLES["nbsvm"]] == "250"


def test_who_is_wrong_is_a_filter_and_another_list_begins_anew(app: App, models: Path) -> None:
    data = b"text,label\nawful awful,0\nwonderful,0\nbad wonderful,1\nnot bad,1\n"
    page = upload(app(PAGE), data)
    place = page.number_input(key=f"{PAGE}_place")
    place.set_value(3).run()
    assert page.number_input(key=f"{PAGE}_place").value == 3
    page.button_group(key=f"{PAGE}_who").set_value("everyone").run()
    assert not page.exception and page.number_input(key=f"{PAGE}_place").value == 1
    title = spec(page)["layout"]["annotations"][-1]["text"]
    assert title == "<b>the writer is against</b>" and shown_review(page) == "wonderful"


def test_a_filter_without_a_review_says_so(app: App, models: Path) -> None:
    page = app(PAGE, {f"{PAGE}_who": "All models"})
    upload(page, b"text,label\nwonderful wonderful,1\nawful awful awful,0\n")
    assert "wrong on none of these 2 reviews" in page.info[0].value
    assert not page.get("plotly_chart")


@pytest.mark.parametrize(("number", "has_review"), [(0, True), (1, False), (2, True)])
def test_each_experiment_leads_somewhere(
    app: App, models: Path, number: int, has_review: bool
) -> None:
    page = app(PAGE)
    page.button(key=f"{PAGE}-try-{number}").click().run()
    assert not page.exception and not page.warning
    assert bool(page.get("plotly_chart")) == has_review and bool(page.info) != has_review


def test_a_review_is_taken_to_the_page_that_scores(app: App, models: Path) -> None:
    page = app("sentiment_score", {"sentiment_score_sample": "irony"})
    page.switch_page(f"app_pages/{PAGE}/page.py").run()
    upload(page, b'text,label\n"great <b>film</b>, not bad",1\n')
    next(button for button in page.button if button.label == "Take it to Score").click().run()
    assert not page.exception
    assert page.text_area(key=review_text.KEY).value == "great <b>film</b>, not bad"
    assert "great" not in str(dict(page.query_params))


def test_the_test_reviews_are_offered_only_where_they_are(app: App, models: Path) -> None:
    page = app(PAGE, TEST)
    assert (
        not page.exception and "must be one of Your reviews" in words(page) + page.warning[0].value
    )


def test_the_test_reviews_are_browsed_as_the_models_read_them(app: App, imdb_here: Path) -> None:
    page = app(PAGE, TEST)
    assert not page.exception and not page.warning and not page.error
    assert len(table(page)) == 3 and not page.file_uploader
    assert f"right of {N_REVIEWS}" in page.dataframe[0].value.columns
    assert "as the models read it" in words(page)
    assert shown_review(page) in ("awful", "great", "<i>")
    assert page.number_input(key=f"{PAGE}_place").max == N_REVIEWS


def test_a_link_restores_source_filter_model_and_place(app: App, imdb_here: Path) -> None:
    query = TEST | {
        f"{PAGE}_who": "Only this model",
        f"{PAGE}_model": TITLES["mlp"],
        f"{PAGE}_place": "2",
    }
    page = app(PAGE, query)
    assert not page.exception and not page.warning
    assert page.number_input(key=f"{PAGE}_place").value == 2
    verdicts = dict(zip(("right", "wrong"), spec(page)["data"], strict=True))
    assert verdicts["wrong"]["customdata"] == [TITLES["mlp"]]


def test_a_place_beyond_the_list_is_told(app: App, imdb_here: Path) -> None:
    page = app(PAGE, TEST | {f"{PAGE}_place": "100000"})
    assert not page.exception and "from 1 to 400" in page.warning[0].value


def test_other_reviews_than_those_measured_give_a_sentence(
    app: App, imdb_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = resources.test_reviews()
    fewer = Texts(texts.tokens[:4], texts.starts[:5], texts.words, texts.labels[:4], np.arange(4))
    monkeypatch.setattr(resources, "test_reviews", lambda: fewer)
    page = app(PAGE, TEST)
    assert not page.exception and "The 4 test reviews on this machine" in page.error[0].value


def test_a_damaged_archive_gives_a_sentence(
    app: App, imdb_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> Texts:
        raise DataError("the archive is *cut*")

    monkeypatch.setattr(resources, "test_reviews", damaged)
    page = app(PAGE, TEST)
    assert not page.exception and "The archive is \\*cut\\*" in page.error[0].value


def test_without_bundles_the_page_says_how_to_make_one(app: App, empty_assets: Path) -> None:
    page = app(PAGE)
    assert not page.exception
    assert any("train sentiment --preset mlp" in code.value for code in page.code)


def test_a_title_is_not_read_as_markdown(app: App, empty_assets: Path) -> None:
    bundle = board_bundle("mlp")
    bundle.config["title"] = "<b>*Net*</b> $x$"
    save_bundle(bundle, empty_assets / "sentiment-mlp")
    page = app(PAGE)
    assert not page.exception
    assert "<b>*Net*" not in "\n".join(block.value for block in page.markdown)
    assert "<b>*Net*" not in page.get("plotly_chart")[0].proto.spec.replace("\\u003c", "<")


def test_a_bundle_without_test_reviews_is_named(app: App, imdb_here: Path) -> None:
    save_bundle(review_bundle("lstm"), imdb_here / "sentiment-lstm")
    page = app(PAGE, TEST)
    assert not page.exception and "table test is missing" in words(page)
    assert not app(PAGE).error  # one's own reviews need no such table
