"""What people type, in the form of the texts that models learned from."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tokens import locate, tokenize, tokenize_typed
from core.typed_text import fold, plain, plain_char, plain_with_places, tidy

APOSTROPHES = "'`´‘’‛′‵ʹʻʼʽˈˊ`＇｀ꞌ՚׳❛❜\x92"
ENTITIES = ("&#39;", "&#039;", "&#x27;", "&#X27;", "&apos;", "&rsquo;", "&#8217;", "&#146;")
ESCAPED = ("&amp;#39;", "&amp;amp;#39;", "&AMP;apos;", "\\'", "&#39")
TEXTS = st.text(
    st.one_of(
        st.sampled_from(
            "aeinstT'’′`\"“&#x27;39amp…-–—.\\ \u0301\u0308\u00ad\u200b\ufe0f\r\n\u2028"
        ),
        st.characters(codec=None, exclude_categories=()),
    )
)


@pytest.mark.parametrize("sign", [*APOSTROPHES, *ENTITIES, *ESCAPED, "\u200b'", "'\ufe0f"])
def test_an_apostrophe_is_one_however_it_is_written(sign):
    assert plain(f"it isn{sign}t so") == "it isn't so"
    assert tokenize_typed(f"it isn{sign}t so") == ["it", "is", "n't", "so"]


@pytest.mark.parametrize("sign", [*'"“”„‟″‶«»‹›❝❞〝〞「』＂', "&quot;", "&amp;quot;", "&ldquo;"])
def test_a_quotation_mark_is_one_however_it_is_written(sign):
    assert plain(f"he said {sign}no") == 'he said "no'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A ﬁne, eﬀective and satisﬁed ﬁlm", "A fine, effective and satisfied film"),
        ("Ｗｏｎｄｅｒｆｕｌ！　１０／１０", "Wonderful! 10/10"),
        ("𝐁𝐞𝐬𝐭 𝒻𝒾𝓁𝓂 Ⓔⓥⓔⓡ ᵗʰⁱˢ Ⅳ", "Best film Ever this IV"),
        ("nai\u0308ve cafe\u0301", "naïve café"),
        ("won\u00adder\u200bful\ufeff \u202atrue\u202c", "wonderful true"),
        ("divi\u00ad\nded", "divided"),
        ("no\u00a0break,\u2009thin,\u3000wide\u202fnarrow", "no break, thin, wide narrow"),
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg\n\rh", "a\nb\nc\nd\ne\nf\ng\n\nh"),
        ("a–b—c‐d‑e−f", "a-b--c-d-e-f"),
        ("…", "..."),
        ("&lt;br /&gt; Tom &amp; Jerry &eacute;", "<br /> Tom & Jerry é"),
        ("&amp;amp;", "&"),
        ("AT&T; R&B, &c; &notit; & so &#; &#0;", "AT&T; R&B, &c; &notit; & so &#; \ufffd"),
        ("3½ stars, m², 1º, Alien™, № 5", "3½ stars, m², 1º, Alien™, № 5"),  # as training has them
        ("\ud83d\ude00 \ud800 \udce9", "😀 \ufffd \ufffd"),
        ("👩\u200d💻 ❤\ufe0f 1\ufe0f\u20e3", "👩💻 ❤ 1"),
        ("\u1112\u1161\u11ab", "한"),
        ("\\'quoted\\' and C:\\temp", "'quoted' and C:\\temp"),
    ],
)  # fmt: skip
def test_what_signs_mean(text, expected):
    assert plain(text) == expected


def test_tidy_leaves_signs_that_are_seen_as_they_are():
    assert tidy("‘a’ — ﬁ\r\n½\u00adx\u0301&mdash;") == "‘a’ — ﬁ\n½x\u0301—"
    assert tidy("a\r\nb\ufeffc", keep={"\ufeff"}) == "a\nb\ufeffc"
    assert tidy("e\u0301\r", keep={"\r"}) == "é\r"


@pytest.mark.parametrize("text", ["", 'It isn\'t "fine": 8/10!\n\tTom & Jerry -- 100% <br />'])
def test_what_is_plain_stays(text):
    assert plain(text) == text == tidy(text)


def test_one_character():
    assert list(map(plain_char, "’—ﬁa½…")) == ["'", "--", "fi", "a", "½", "..."]


@given(TEXTS)
def test_any_text_has_a_plain_form_that_can_be_encoded(text):
    for form in (plain(text), tidy(text)):
        form.encode("utf-8")
        assert not set(form) & set("\r\u2028\u00ad\u200b\ufeff")
    assert unicodedata.is_normalized("NFC", tidy(text)) or "&" in text or "\u0301" in tidy(text)


@given(TEXTS)
def test_places_lead_back_to_the_text(text):
    written, begins, ends = plain_with_places(text)
    assert written == plain(text)
    assert len(written) == len(begins) == len(ends)
    assert (np.diff(begins) >= 0).all() and (np.diff(ends) >= 0).all()
    for char, begin, end in zip(written, begins, ends, strict=True):
        assert char in plain(text[begin:end]) or char == text[begin]


@given(st.text(st.characters(categories=["L", "Zs"], max_codepoint=0x17F)))
def test_letters_of_latin_are_read_alike_composed_and_decomposed(text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert plain(composed) == plain(decomposed)
    assert tokenize_typed(composed) == tokenize_typed(decomposed)


@given(st.text(st.characters(codec="ascii", exclude_characters="&\\`\r\x0b\x0c")))
def test_what_a_keyboard_types_is_read_as_in_training(text):
    assert tokenize_typed(text) == tokenize(text)


def test_tokens_are_found_in_what_was_typed():
    text = "It isn’t&amp;nbsp;nai\u0308ve: wo\u00adn&#39;t ﬁt"
    tokens = tokenize_typed(text)
    assert tokens == ["it", "is", "n't", "naïve", ":", "wo", "n't", "fit"]
    shown = [text[slice(*place)] for place in locate(text, tokens)]
    assert shown == ["It", "is", "n’t", "nai\u0308ve", ":", "wo\u00ad", "n&#39;t", "ﬁt"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Léon: The Professional", "leon the professional"),
        ("LE\u0301ON   the—professional,", "leon the professional"),
        ("Schindler’s List", "schindlers list"),
        ("Amélie / Straße / Bjørn / Łódź / Æon", "amelie strasse bjorn lodz aeon"),
        ("Fast &amp; Furious", "fast and furious"),
        ("WALL·E", "wall e"),
        ("İstanbul", "istanbul"),
        ("七人の侍", "七人の侍"),
        (" ?! ", ""),
    ],
)
def test_what_is_compared(typed, expected):
    assert fold(typed) == expected


@given(TEXTS)
def test_folding_is_done_once(text):
    assert fold(fold(text)) == fold(text)
