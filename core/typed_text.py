"""Text as people type, paste and save it, brought to the form of the training texts.

One place for every way in: a review, a text that a character model reads, a title that is looked
for, a word. Each asks for as much as its reader needs:

- `tidy` takes away what carries no meaning of its own: HTML entities become the characters that
  they stand for, every line end becomes a line feed, characters that are never seen (soft hyphens,
  zero width spaces, byte order marks, marks of direction, variation selectors) go, letters and
  their accents are composed (NFC). The alphabet of a character model has its own signs, so it wants
  no more than that.
- `plain` also writes every sign as a keyboard does, since the training texts of the tokeniser do:
  apostrophes, quotation marks, dashes and blanks of any kind; and letters in other forms as plain
  letters, as NFKC does: ligatures, full width, mathematical. Fractions, powers and ™ stay as they
  are, for NFKC would write 3½ as 31⁄2, and the training texts have them.
- `fold` is for comparing: letters and digits alone, small, without accents (NFKD, case folded).

References:
    Unicode Standard Annex 15, Normalization Forms, https://www.unicode.org/reports/tr15/
    Unicode Character Database, Default_Ignorable_Code_Point,
    https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
"""

import functools
import html.entities
import re
import unicodedata
from collections.abc import Callable, Container

import numpy as np

REPLACEMENT = "\ufffd"  # stands for what is no character: half a surrogate pair, an invalid code

_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_APOSTROPHES = (
    "`\u00b4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u0374\u0384\u055a\u05f3\u07f4\u07f5\u1fbd\u1fbf"
    "\u1fef\u1ffd\u1ffe\u2018-\u201b\u2032\u2035\u275b\u275c\ua78b\ua78c\uff07\uff40\u0091\u0092"
)
_QUOTES = (
    "\u00ab\u00bb\u02ba\u02dd\u02ee\u05f4\u201c-\u201f\u2033\u2036\u2039\u203a\u275d\u275e\u2e42"
    "\u300c-\u300f\u301d-\u301f\uff02\u0093\u0094"
)
_LONG_DASHES = "\u2014\u2015\u2e3a\u2e3b\ufe31\ufe58\u0097"
_HYPHENS = "\u2212\u02d7\u2043\u0096"  # besides those of the category Pd
_FORMS = frozenset(  # of letters and signs, that NFKC writes as plain ones
    f"<{form}>" for form in ("wide", "narrow", "font", "compat", "circle", "square", "super", "sub")
) | frozenset(f"<{form}>" for form in ("initial", "medial", "final", "isolated", "vertical"))
_WIDTHS = ("<wide>", "<narrow>", "<font>", "<vertical>")  # of which digits and signs are plain, too
_ORDINALS = "\u00aa\u00ba"  # º is a letter of its own in the training texts, as ² and ½ are
_NOT_DECOMPOSED = str.maketrans(  # letters that are more than a letter and its accent
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
    }
)


def _members(ranges: str) -> frozenset[str]:
    """Returns the characters of what stands between the brackets of a regular expression."""
    return frozenset(
        chr(code)
        for first, last in re.findall(r"(.)(?:-(.))?", ranges, re.DOTALL)
        for code in range(ord(first), ord(last or first) + 1)
    )


def _following() -> str:
    """Returns what belongs to the character before it: marks, and what is never seen."""
    marks = [
        chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M"
    ]
    return "".join(marks) + "\u1160-\u11ff" + _IGNORABLE  # and the vowels and ends of Hangul


_HIDDEN, _APOSTROPHE_SIGNS, _QUOTE_SIGNS, _LONG, _SHORT = map(
    _members, (_IGNORABLE, _APOSTROPHES, _QUOTES, _LONG_DASHES, _HYPHENS)
)
_ENTITY = r"&(?:[aA][mM][pP];)*(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)"
_IS_ENTITY = re.compile(_ENTITY)
_FOLLOWING = _following()
_PIECE = re.compile(
    rf"{_ENTITY}"
    r"|\\(?=['\"\u2019])"  # as programs write an apostrophe
    rf"|\r\n|[{_LINE_ENDS}]"
    "|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]"
    rf"|(?:[^\x00-\x7f]|[\x20-\x7e](?=[{_FOLLOWING}]))[{_FOLLOWING}]*"
    "(?:(?<=\u00ad)[ \t]*(?:\r\n?|\n))?"  # a word that was divided at the end of a line
    "|`"
)
_NOT_LETTERS = re.compile(r"[\W_]+")
_BETWEEN_LETTERS = re.compile(r"(?<=\w)'(?=\w)")


def tidy(text: str, *, keep: Container[str] = ()) -> str:
    """Takes away what carries no meaning; see above.

    Args:
        text: of any length.
        keep: characters that stay as they are.
    """
    if _is_tidy(text):
        return text
    return _PIECE.sub(
        lambda found: found[0] if found[0] in keep else _tidy_piece(found[0], keep), text
    )


def plain(text: str) -> str:
    """Writes a text as a keyboard does; see above. A plain text stays as it is."""
    return text if _is_plain(text) else _PIECE.sub(lambda found: _plain_piece(found[0]), text)


def plain_with_places(text: str) -> tuple[str, np.ndarray, np.ndarray]:
    """Writes a text as `plain` does, and tells where each of its characters comes from.

    Args:
        text: of any length.

    Returns:
        The N characters; where in `text` what each was made of begins and ends, i64[N] twice.
    """
    pieces, begins, ends, at = [], [], [], 0

    def add(piece: str, begin: int, end: int) -> None:
        pieces.append(piece)
        if len(piece) == end - begin:
            begins.append(np.arange(begin, end))
            ends.append(np.arange(begin, end) + 1)
        else:
            begins.append(np.full(len(piece), begin))
            ends.append(np.full(len(piece), end))

    for found in _PIECE.finditer(text):
        add(text[at : found.start()], at, found.start())
        add(_plain_piece(found[0]), found.start(), found.end())
        at = found.end()
    add(text[at:], at, len(text))
    return "".join(pieces), np.concatenate(begins), np.concatenate(ends)


def plain_char(char: str) -> str:
    """Writes one character as a keyboard does; itself where it is plain, or has no other form."""
    return _plain_piece(char)


def fold(text: str) -> str:
    """Brings a text to what is compared: small letters and digits, blanks between the words.

    An apostrophe inside a word goes, every other sign is a blank; "&" and "+" are "and".
    """
    text = plain(text).replace("&", " and ").replace("+", " and ")
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = _BETWEEN_LETTERS.sub("", text.translate(_NOT_DECOMPOSED))
    return _NOT_LETTERS.sub(" ", text).strip()


def _is_tidy(text: str) -> bool:
    return text.isascii() and not any(sign in text for sign in "&\r\x0b\x0c\\")


def _is_plain(text: str) -> bool:
    return _is_tidy(text) and "`" not in text


@functools.lru_cache(maxsize=4096)
def _plain_piece(piece: str) -> str:
    return _normal(piece, (), lambda text: "".join(map(_typed, text)))


def _tidy_piece(piece: str, keep: Container[str]) -> str:
    return _normal(piece, keep, str)


def _normal(piece: str, keep: Container[str], written: Callable[[str], str]) -> str:
    """Writes what `_PIECE` finds in another form."""
    if piece == "\\":
        return ""
    if _IS_ENTITY.fullmatch(piece):
        return _entity(piece, keep, written)
    if piece[0] in _LINE_ENDS:
        return "\n"
    if "\ud800" <= piece[0] <= "\udfff":
        whole = piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        piece = whole if len(piece) == 2 else REPLACEMENT
    elif "\u00ad" in piece:
        piece = piece.rstrip(" \t\r\n")
    seen = "".join(char for char in piece if char in keep or _is_seen(char))
    return unicodedata.normalize("NFC", written(seen))


def _is_seen(char: str) -> bool:
    return char not in _HIDDEN and unicodedata.category(char) != "Me"


def _entity(piece: str, keep: Container[str], written: Callable[[str], str]) -> str:
    """Returns what an HTML entity stands for, however often its ampersand was escaped."""
    name = re.sub("amp;", "", piece, flags=re.IGNORECASE)[1:] if len(piece) > 5 else piece[1:]
    if not name:  # &amp;amp;
        return "&"
    if name[0] != "#":
        meant = html.entities.html5.get(name) or html.entities.html5.get(name.lower())
    else:
        number = name[1:].rstrip(";")
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        meant = REPLACEMENT if not code or code > 0x10FFFF else chr(code)
        if 0x80 <= code < 0xA0:  # as browsers read it
            meant = bytes([code]).decode("cp1252", "replace")
    if meant is None:
        return piece
    return "".join(
        _normal(char, keep, written) if _PIECE.fullmatch(char) and char != "\\" else char
        for char in unicodedata.normalize("NFC", meant)
    )


def _typed(char: str) -> str:
    """Writes one character as a keyboard does."""
    if char in _APOSTROPHE_SIGNS:
        return "'"
    if char in _QUOTE_SIGNS:
        return '"'
    if char in _LONG:
        return "--"
    category = unicodedata.category(char)
    if category == "Pd" or char in _SHORT:
        return "-"
    if category == "Zs":
        return " "
    if char == "\u2026":
        return "..."
    if "\x80" <= char < "\xa0":  # a sign of Windows-1252 that was taken for Latin-1
        other = bytes([ord(char)]).decode("cp1252", "replace")
        return " " if other == REPLACEMENT else _typed(other)
    form = unicodedata.decomposition(char).partition(" ")[0]
    if form not in _FORMS or char in _ORDINALS:
        return char
    other = unicodedata.normalize("NFKC", char)
    if form in _WIDTHS:
        return other
    is_letter = category[0] == "L" or category == "Nl"  # ﬁ, ᵗ, Ⅳ
    if is_letter or (form in ("<circle>", "<square>") and len(other) == 1 and other.isalpha()):
        return other
    return char
