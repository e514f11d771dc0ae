"""Text from data or visitors, made safe for Streamlit's Markdown."""

import re

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
