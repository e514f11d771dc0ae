"""A visitor's CSV: what is taken, what is refused and in which words, and scoring it in parts."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.sentiment.explore import SentimentModel, uploads
from core.sentiment.explore.uploads import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_ROWS,
    Scoring,
    Uploaded,
    parse_labelled,
    texts_of,
    written,
)
from tests.dashboard.review_samples import TITLES, review_bundle


def parse(text: str, name: str = "mine.csv") -> Uploaded:
    return parse_labelled(text.encode("utf-8"), name)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_usual_forms_are_taken(separator: str, bom: str, end: str) -> None:
    rows = ["text|label|mine", '"A; fine, film"|1|0.75', "Dull|neg|0"]
    found = parse(bom + end.join(rows).replace("|", separator) + end)
    assert found.texts == ("A; fine, film", "Dull")
    assert found.labels.tolist() == [1, 0]
    assert found.mine is not None and found.mine.tolist() == [0.75, 0]


@pytest.mark.parametrize(
    ("label", "side"),
    [("1", 1), ("0", 0), ("Pos", 1), ("NEG", 0), (" positive ", 1), ("Negative", 0)]
    + [("FOR", 1), ("against", 0)],
)
def test_labels_in_any_case(label: str, side: int) -> None:
    found = parse(f"text,label,mine\nx,{label},{label}\n")
    assert found.labels.tolist() == [side] and found.mine.tolist() == [side]


def test_columns_in_any_order_and_others_beside_them() -> None:
    found = parse("id, Label ,note,TEXT\n7,1,,  Lovely  \n\n,,,\n8,0,x,Bad,,\n")
    assert found.texts == ("Lovely", "Bad") and found.labels.tolist() == [1, 0]
    assert found.mine is None


def test_a_text_may_hold_lines_quotes_formulas_and_markup() -> None:
    odd = 'He said ""no"".\n=HYPERLINK(1) <script>alert(1)</script> *x* \u2028 end'
    found = parse(f'text,label\n"{odd}",1\n')
    assert found.texts == (odd.replace('""', '"'),)


def test_numbers_as_spreadsheets_of_other_countries_write_them() -> None:
    assert parse("text;label;mine\nx;1;0,25\n").mine.tolist() == [0.25]


def test_an_empty_column_of_ones_own_is_none() -> None:
    assert parse("text,label,mine\nx,1,\ny,0,\n").mine is None


def test_one_class_is_enough_and_a_txt_too() -> None:
    assert parse("text\tlabel\nx\t1\ny\t1", "A.TXT").labels.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "texts", "labels"),
    [
        ("review,sentiment\n\"A, b\",positive\nc,negative\n", ["A, b", "c"], [1, 0]),
        ("\ufeffsep=;\r\ntext;label\r\n\"A; film\";1\r\n", ["A; film"], [1]),
        ("sep=\\t\ntext\tlabel\na\t0", ["a"], [0]),
        ("\"sep=,\"\ntext,label\na,0", ["a"], [0]),
        ("\ufeff\ufefftext,label\na,1", ["a"], [1]),
        ("text,label\u200b\na,1", ["a"], [1]),
        ("\u200btext\u00a0,\"LABEL\"\na,1", ["a"], [1]),
        ("Review_Text;Class\na;pos", ["a"], [1]),
        ("text,review,label\na,b,1", ["a"], [1]),
        (",review,sentiment\n0,a,negative", ["a"], [0]),
    ],
)  # fmt: skip
def test_files_as_other_programs_write_them(text: str, texts: list[str], labels: list[int]) -> None:
    found = parse(text)
    assert list(found.texts) == texts and found.labels.tolist() == labels


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig"])
def test_encodings_that_spreadsheets_write(encoding: str) -> None:
    data = "text;label\r\nIt isn\u2019t na\u00efve;1\r\n".encode(encoding)
    assert parse_labelled(data, "a.csv").texts == ("It isn\u2019t na\u00efve",)


@pytest.mark.parametrize(
    ("labels", "sides"),
    [
        (["1.0", "0.0"], [1, 0]),
        (["True", "FALSE"], [1, 0]),
        (["\uff11", "\u200b0"], [1, 0]),
        (["1", "pos", "negative"], [1, 1, 0]),
        (["-1", "1"], [0, 1]),
        (["4", "0"], [1, 0]),
        (["5", "1", "4", "2"], [1, 0, 1, 0]),
        (["4.5", "1", "5 stars", "2/5"], [1, 0, 1, 0]),
        (["10", "7", "4", "1"], [1, 1, 0, 0]),
        (["\u2605\u2605\u2605\u2605\u2605", "\u2605"], [1, 0]),
    ],
)
def test_labels_as_other_collections_write_them(labels: list[str], sides: list[int]) -> None:
    rows = "".join(f"x,{label}\n" for label in labels)
    assert parse(f"text,label\n{rows}").labels.tolist() == sides


def test_one_star_is_against_the_film_where_the_column_says_stars() -> None:
    assert parse("text,stars\nx,1\ny,2").labels.tolist() == [0, 0]
    assert parse("text,label\nx,1\ny,1").labels.tolist() == [1, 1]


def test_rows_that_lack_something_are_left_out_and_told() -> None:
    found = parse("text,label,mine\na,5,\n,4,1\nb,,1\nc,3,0\n\u200b,1,\nd,1,\n")
    assert found.texts == ("a", "d") and found.labels.tolist() == [1, 0] and found.mine is None
    assert found.left_out == (
        (3, "no text"),
        (4, "no label"),
        (5, "a label that takes no side"),
        (6, "no text"),
    )
    assert parse("text,label\na,1").left_out == ()


BAD = {
    "another ending": ("text,label\nx,1", "a.xlsx", r"\(a\.xlsx\) should end in \.csv or \.txt"),
    "empty": ("", "a.csv", r"\(a\.csv\) is empty.*text,label"),
    "only blanks": ("\ufeff \n\n", "a.csv", "is empty"),
    "NUL": ("text,label\nx,1\ny\0,1", "a.csv", r"NUL character \(in line 3\)"),
    "no header": ("A lovely film,1\n", "a.csv", r"first row \(A lovely film,1\).*text and label"),
    "a column lacks": ("text,mine\nx,1", "a.csv", "should name the columns text and label"),
    "twice": ("text,label,Text\nx,1,y", "a.csv", "2 columns named text; keep one"),
    "no row": ("text,label\n\n", "a.csv", "a header but no review"),
    "no text": ("text,label\n ,0", "a.csv", "no review with a text and a label: row 2 has no text"),
    "no label": ("text,label\nx", "a.csv", "row 2 has no label"),
    "other names": (
        "film,verdict\nA nice one,pos\nBad,neg",
        "a.csv",
        r"\(film,verdict\).*rename column film to text, and rename column verdict to label",
    ),
    "only one other": ("Film;label\nx;1", "a.csv", "; rename column Film to text$"),
    "no label column": ("text,mine\nx,1", "a.csv", "; add a column label, one of 1, 0, pos"),
    "two that may be it": (
        "review,comment,label\na,b,1",
        "a.csv",
        "columns review and comment; rename the one to be taken to text",
    ),
    "another separator": (
        "sep=|\ntext|label\na|1",
        "a.csv",
        r"separator '\|'; it should be one of",
    ),
    "only a separator": ("sep=;\r\n", "a.csv", "is empty; its first row should be text;label"),
    "classes 1 and 2": ("text,label\nx,1\ny,2", "a.csv", r"row 3, column label \(2\)"),
    "a third class": ("text,label\nx,0\ny,1\nz,2", "a.csv", r"row 4, column label \(2\)"),
    "label": ("text,label\nx,maybe", "a.csv", r"row 2, column label \(maybe\).*pos, neg"),
    "more columns": ("text,label\nx, y,1", "a.csv", r"row 2 has 3 columns.*header has 2.*comma"),
    "quotes": ('text,label\n"x" y,1', "a.csv", "row 2 cannot be read, its quotation marks"),
    "open quotes": ('text,label\n"x,1\n', "a.csv", "row 2 cannot be read"),
    "mine": ("text,label,mine\nx,1,1.5", "a.csv", r"row 2, column mine \(1\.5\).*from 0 to 1"),
    "mine is nan": ("text,label,mine\nx,1,nan", "a.csv", r"column mine \(nan\)"),
    "mine here and there": ("text,label,mine\nx,1,0\ny,1,", "a.csv", "but empty in row 3"),
    "long": (f"text,label\n{'x' * (MAX_CHARACTERS + 1)},1", "a.csv", "has 20,001 characters"),
    "many": ("text,label\n" + "x,1\n" * (MAX_ROWS + 1), "a.csv", "more than 2,000 reviews"),
    "a huge field": ('text,label\n"' + "x" * 140_000, "a.csv", "is a quotation mark left open"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_in_one_sentence(case: str) -> None:
    text, name, said = BAD[case]
    with pytest.raises(InputError, match=said) as caught:
        parse(text, name)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_bytes_that_are_no_text() -> None:
    for data in ("text,label\nОчень хорошо,1".encode("cp1251"), b"PK\x03\x04\xff\xfe"):
        with pytest.raises(InputError, match=r"not UTF-8 text \(in line \d\).*CSV UTF-8"):
            parse_labelled(data, "a.csv")


def test_a_file_of_too_many_bytes() -> None:
    with pytest.raises(InputError, match=r"has 5\.0 MB, the most are 5 MB; leave out"):
        parse_labelled(b"text,label\n" + b"x" * MAX_BYTES, "a.csv")
    with pytest.raises(InputError, match="no review"):
        parse_labelled(b"text,label" + b"\n" * (MAX_BYTES - 10), "a.csv")


def test_a_wrong_value_is_cut_and_put_on_one_line() -> None:
    with pytest.raises(InputError) as caught:
        parse('text,label\nx,"' + "la\nla " * 50 + '"')
    assert "(la la" in str(caught.value) and "…" in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from('text,label;\t\n\r"01\u2028\x0b\x1c '), max_size=60))
def test_nothing_but_a_sentence_comes_of_any_text(noise: str) -> None:
    for text in (noise, f"text,label\n{noise}", f"text;label;mine\n{noise}"):
        try:
            found = parse(text)
        except InputError:
            continue
        assert len(found.texts) == len(found.labels) > 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_nor_of_any_bytes(data: bytes) -> None:
    try:
        parse_labelled(b"text,label\n" + data, "a.csv")
    except InputError as error:
        assert "\n" not in str(error)


def test_what_is_written_is_read_again() -> None:
    rows = [('A "fine", film\nin two lines', "1", "0.9"), ("Dull; truly", "neg", "0")]
    data = written(rows)
    assert data.startswith(b"\xef\xbb\xbftext,label,mine\r\n")
    found = parse_labelled(data, "template.csv")
    assert found.texts == tuple(text for text, _, _ in rows)
    assert found.mine.tolist() == [0.9, 0]


def test_the_limit_of_fields_is_nobody_elses_business() -> None:
    before = csv.field_size_limit()
    parse("text,label\nx,1")
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_in_parts_every_text_has_the_score_that_it_has_alone(name: str, at_once: int) -> None:
    model = SentimentModel(review_bundle(name))
    written_texts = (
        "wonderful superb great",
        "Not bad at all! The film is great.",
        "\U0001f600 \u00ac",  # no token at all
        "never heard of such words",
        "awful , boring . " * 10,
    )
    labels = np.ones(len(written_texts), np.uint8)
    texts = texts_of(Uploaded(written_texts, labels, None))
    assert texts.n_texts == len(written_texts) and len(set(texts.words)) == len(texts.words)
    scoring = Scoring(Uploaded(written_texts, labels, None), at_once=at_once)
    first = next(scoring.go_on(model))  # and cut short
    assert first == min(at_once, len(written_texts))
    done = [first, *scoring.go_on(model)]
    assert done == [*range(at_once, len(written_texts), at_once), len(written_texts)]
    alone = [model.score(text).logit for text in written_texts]
    np.testing.assert_allclose(scoring.logits(model), alone, rtol=1e-5, atol=1e-6)


def test_texts_without_any_word_are_scored_all_the_same() -> None:
    scoring = Scoring(Uploaded(("\u00ac", "\u00ac"), np.array([0, 1], np.uint8), None))
    for name in TITLES:
        logits = scoring.logits(SentimentModel(review_bundle(name)))
        assert logits.shape == (2,) and np.isfinite(logits).all()


def test_endings_fit_what_the_uploader_offers() -> None:
    assert uploads.ENDINGS == ("csv", "txt")
