"""Text from data or visitors, made safe for Streamlit's Markdown."""

import re
from collections.abc import Iterable

_PUNCTUATION = re.compile(
    r"([!-/:-@\[-`{-~])"
)  # every ASCII mark may carry a backslash in CommonMark
_SHORTCODE = re.compile(r":(?=[\w+/-]+:)")  # :smile: and :material/home: are replaced after parsing
WORD_JOINER = "\N{WORD JOINER}"


def plain(text: object) -> str:
    """Returns text that Markdown shows letter by letter: `M*A*S*H` and `$9.99` stay so."""
    one_line = " ".join(str(text).split())
    apart = _SHORTCODE.sub(f":{WORD_JOINER}", one_line)
    return _PUNCTUATION.sub(r"\\\1", apart)


def sentence(error: object) -> str:
    """Returns a message of core as a sentence: a capital first, a stop at its end; not escaped."""
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".")) else ".")


def listed(parts: Iterable[str]) -> str:
    """Returns parts as a sentence lists them: "a", "a and b", "a, b and c"."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
