"""How good a generated text is: how many of its words are words, and how much of it is copied."""

import re
from collections.abc import Set

_WORD = re.compile(r"[^\W\d_]+")


def words_of(text: str) -> list[str]:
    """Returns the words of a text, runs of letters."""
    return _WORD.findall(text)


def share_of_words(text: str, known: Set[str]) -> float:
    """Returns the share of a text's words that are known; nan for a text without words.

    The last word counts only if something stands behind it: it may have been cut.
    """
    whole = text[: text.rindex(last.group())] if (last := _cut_word(text)) else text
    words = words_of(whole)
    return sum(word in known for word in words) / len(words) if words else float("nan")


def longest_copy(text: str, source: str) -> str:
    """Returns the longest part of a text that stands in another word for word, the first of them.

    Args:
        text: of n characters; about 2 n searches are made.
        source: where to search.
    """
    longest = ""
    for at in range(len(text)):
        while at + len(longest) < len(text):
            more = text[at : at + len(longest) + 1]
            if more not in source:
                break
            longest = more
    return longest


def _cut_word(text: str) -> re.Match[str] | None:
    return re.search(r"[^\W\d_]+$", text)
