"""Text to tokens: one set of rules, for training and for what a visitor types, so that both agree.

What a visitor types may hold signs that the training texts do not have, so it is brought to their
form first, by `core.typed_text.plain`; `tokenize_typed` does both.

The rules follow the tokens of GloVe 6B where a choice was to be made, so that a word means the same
in its vectors and in ours:

- Text is lower-cased; `<br />` and every blank only separate. Typographic apostrophes and backticks
  count as plain ones.
- A word is a run of letters of any script. An apostrophe inside stays (o'brien, rock'n'roll), but
  clitics are tokens of their own: film's -> film 's, we'll -> we 'll, don't -> do n't,
  can't -> ca n't. So the count of "film" includes its possessive, and there is one token for "not"
  after a verb, whatever the verb.
- A number is kept as it is written: 10, 1,000, 3.5, 1950; letters after it are a word: 1950s ->
  1950 s.
- The signs . , ! ? ; : ( ) " $ % & * / are tokens of their own, since they carry meaning in a
  review (8/10, !, ?) and have a place on the map; a run of one sign counts once, except that two
  dots or more become "...".
- Hyphens, dashes and everything else only separate: well-made -> well made. A vocabulary of 75,000
  reviews would know few compounds, but it knows their parts.

Tokenising the tokens joined by blanks gives the same tokens again.
"""

import re

from core.typed_text import plain, plain_with_places

_BREAK = re.compile(r"<br\s*/?>")
_DOTS = re.compile(r"\.\.+")
_REPEATED = re.compile(r"([,!?;:()\"$%&*/])\1+")
_CLITIC = r"(?:s|m|d|ll|re|ve)(?![^\W\d_])"
_TOKEN = re.compile(
    rf"n't(?![^\W\d_])"
    rf"|[^\W\d_]+(?:'(?!{_CLITIC}|t(?![^\W\d_]))[^\W\d_]+)*"
    rf"|\d+(?:[.,]\d+)*"
    rf"|\.\.\.|[.,!?;:()\"$%&*/]"
    rf"|'{_CLITIC}"
)
_WRITTEN_BREAK, _WRITTEN_TOKEN, _WRITTEN_NOT = (
    re.compile(pattern, re.IGNORECASE) for pattern in (_BREAK.pattern, _TOKEN.pattern, "n't")
)
_APOSTROPHES = "\u2018\u2019\u00b4\u02bc`"
_QUOTES = "\u201c\u201d\u00ab\u00bb"
_PLAIN_SIGNS = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"'))
_FARTHEST = 2_000  # signs to look ahead for the next token
_MOST_PASSED_OVER = 3  # letters between two tokens; more, and it is another token that was found


def tokenize(text: str) -> list[str]:
    """Cuts a text into tokens.

    Args:
        text: of any length; markup other than `<br />` is read as text.

    Returns:
        Its tokens in order, lower case, none empty and none with a blank; [] for a text without
        letters, digits or signs.
    """
    text = text.lower()
    if "<" in text:
        text = _BREAK.sub(" ", text)
    return _TOKEN.findall(_plain_signs(text).replace("n't", " n't"))


def tokenize_typed(text: str) -> list[str]:
    """Cuts what a visitor typed into tokens, whatever signs it is written with."""
    return tokenize(plain(text))


def tokenize_as_written(text: str) -> list[str]:
    """Cuts a text into the same tokens, each in the letters that it is written in.

    Args:
        text: of any length.

    Returns:
        Tokens that are those of `tokenize` once lower-cased; they are those of `tokenize`
        themselves where a text has letters whose small ones would be cut otherwise.
    """
    marked = _WRITTEN_BREAK.sub(" ", text) if "<" in text else text
    written = _WRITTEN_TOKEN.findall(_WRITTEN_NOT.sub(r" \g<0>", _plain_signs(marked)))
    if text.isascii():  # then the two agree, letter for letter
        return written
    tokens = tokenize(text)
    return written if [token.lower() for token in written] == tokens else tokens


def has_letter(token: str) -> bool:
    """Whether a token holds a letter: no number, no sign."""
    return any(sign.isalpha() for sign in token)


def _plain_signs(text: str) -> str:
    """Replaces typographic signs by plain ones, and runs of a sign by one."""
    if not text.isascii():  # most reviews are, and a replacement is a pass over the text
        for sign in _APOSTROPHES:
            text = text.replace(sign, "'")
        for sign in _QUOTES:
            text = text.replace(sign, '"')
        text = text.replace("\u2026", "...")
    elif "`" in text:
        text = text.replace("`", "'")
    return _REPEATED.sub(r"\1", _DOTS.sub("...", text))


def locate(text: str, tokens: list[str]) -> list[tuple[int, int] | None]:
    """Finds where the tokens of a text stand in it.

    Args:
        text: as it was given to `tokenize_typed` or `tokenize`.
        tokens: what that gave.

    Returns:
        Start and end in `text` for each token; None for one that stands there in other letters.
    """
    written, begins, ends = plain_with_places(text)
    places = _locate(written, tokens)
    return [place and (int(begins[place[0]]), int(ends[place[1] - 1])) for place in places]


def _locate(text: str, tokens: list[str]) -> list[tuple[int, int] | None]:
    """Finds tokens letter for letter; see `locate`."""
    folded = "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)
    folded = _BREAK.sub(lambda found: " " * len(found.group()), folded)
    folded = folded.translate(_PLAIN_SIGNS)
    places: list[tuple[int, int] | None] = []
    at = 0
    for token in tokens:
        forms = (token, "\u2026") if token == "..." else (token,)
        found = [(folded.find(form, at, at + _FARTHEST), len(form)) for form in forms]
        start, length = min((place for place in found if place[0] >= 0), default=(-1, 0))
        if start < 0 or sum(sign.isalnum() for sign in folded[at:start]) > _MOST_PASSED_OVER:
            places.append(None)
            continue
        at = start + length
        places.append((start, at))
    return places
