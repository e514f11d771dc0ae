import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tokens import locate, tokenize, tokenize_as_written


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \n\t - _ ", []),
        ("A Great FILM", ["a", "great", "film"]),
        ("the film's end", ["the", "film", "'s", "end"]),
        ("Don't! I can't, won't", ["do", "n't", "!", "i", "ca", "n't", ",", "wo", "n't"]),
        ("it isn’t what they’ve said", ["it", "is", "n't", "what", "they", "'ve", "said"]),
        ("isn`t, isn´t", ["is", "n't", ",", "is", "n't"]),
        ("O'Brien and rock'n'roll", ["o'brien", "and", "rock'n'roll"]),
        ("'surely' said the 'd'", ["surely", "said", "the", "'d"]),
        ("bad.<br /><br />Good<BR>end", ["bad", ".", "good", "end"]),
        ("8/10, $1,000.50 and 50%", "8 / 10 , $ 1,000.50 and 50 %".split()),
        ("the 1950s in 3.5 hours.", ["the", "1950", "s", "in", "3.5", "hours", "."]),
        ("well-made -- a who's-who", ["well", "made", "a", "who", "'s", "who"]),
        ("what?!! no... yes.. hm….", ["what", "?", "!", "no", "...", "yes", "...", "hm", "..."]),
        ("“quoted” «so»", ['"', "quoted", '"', '"', "so", '"']),
        ("Café naïve Амели 七人", ["café", "naïve", "амели", "七人"]),
        ("1 < 2 > 0 <i>", ["1", "2", "0", "i"]),
        ("n't 's", ["n't", "'s"]),
    ],
)
def test_known_texts(text, tokens):
    assert tokenize(text) == tokens


TEXTS = st.text(st.one_of(st.sampled_from("anstNTdmlrev'’`.,!? <br/>09-_\n"), st.characters()))


@given(TEXTS)
def test_tokens_are_lower_case_and_without_blanks(text):
    for token in tokenize(text):
        assert token
        assert token == token.lower()
        assert not any(character.isspace() for character in token)


@given(TEXTS)
def test_tokens_of_the_tokens_are_the_tokens(text):
    tokens = tokenize(text)
    assert tokenize(" ".join(tokens)) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A Great FILM", ["A", "Great", "FILM"]),
        ("DON'T!!<BR />Film's", ["DO", "N'T", "!", "Film", "'s"]),
        ("O'Brien isn\u2019t \u201cHe\u201d", ["O'Brien", "is", "n't", '"', "He", '"']),
        ("\u0130stanbul is Big", ["i", "stanbul", "is", "big"]),  # its small i is two signs
    ],
)
def test_tokens_keep_their_capitals_where_asked(text, tokens):
    assert tokenize_as_written(text) == tokens


@given(st.one_of(TEXTS, st.text(st.sampled_from("anstNTDmlrevBR'`.,!? <br/>09-_\n\u017f\u212a"))))
def test_tokens_as_written_are_the_tokens_in_other_letters(text):
    assert [token.lower() for token in tokenize_as_written(text)] == tokenize(text)


@given(TEXTS, TEXTS)
def test_texts_apart_do_not_touch_each_other(first, second):
    assert tokenize(f"{first}\nx\n{second}") == [*tokenize(first), "x", *tokenize(second)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I can’t say it's BAD!!!", ["I", "ca", "n’t", "say", "it", "'s", "BAD", "!"]),
        ("… Not<br />well-made", ["…", "Not", "well", "made"]),
        ("b <br /> b", ["b", "b"]),
        ("\x00 10/10 \U0001f389 <b>", ["10", "/", "10", "b"]),
    ],
)
def test_tokens_are_found_where_they_stand(text, found):
    places = locate(text, tokenize(text))
    assert [text[slice(*place)] for place in places] == found


def test_a_token_that_stands_there_in_other_letters_is_not_found_elsewhere():
    tokens = tokenize("İstanbul is I")
    places = locate("İstanbul is I", tokens)
    assert dict(zip(tokens, places, strict=True))["stanbul"] == (1, 8)
    assert places[0] is None  # a dotted capital i has no plain small one of its length


@given(st.text(max_size=80))
def test_places_follow_each_other(text):
    places = [place for place in locate(text, tokenize(text)) if place]
    assert all(a[1] <= b[0] for a, b in zip(places, places[1:], strict=False))
    assert all(0 <= start < end <= len(text) for start, end in places)
