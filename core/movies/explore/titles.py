"""Films by their titles as people type them, on the command line and on the pages.

Titles are compared in the form of `core.typed_text.fold`: without accents, signs and capitals. So
"Schindler’s List", "schindlers list" and "SCHINDLER'S LIST," are one title. Further, articles and
"and" at any place may be missing or stand at the other end ("Matrix, The"), numerals may be
written in another way ("Rocky 2"), words in one or apart ("Walle", "Spiderman"), umlauts as ae, oe
and ue; and a film has the names that stand in brackets behind its title, too.
"""

import difflib
import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from core.movies.data import split_title
from core.spelling import Spellings
from core.typed_text import fold, tidy

_ARTICLES = frozenset(
    "the a an le la les l un une der die das ein eine el los las il lo gli i o os as den det de "
    "het en et".split()
)
_PASSED_OVER = _ARTICLES | {"and"}
_ROMAN = "ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()  # from 2
_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_NUMBERS = {name: str(n) for names in (_ROMAN, _WORDS) for n, name in enumerate(names, start=2)}
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa"}
)
_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_ALSO = re.compile(r"^(?:a\.?\s?k\.?\s?a\.?|also known as)\s*[:,]?\s+", re.IGNORECASE)
_FIRST_ELISION = re.compile(r"^[ldLD]['\u2019]")
_LAST_YEAR = re.compile(r"^(?P<title>.*\S)[\s,]+(?P<year>(?:18|19|20)\d\d)\s*$")
_SHORTEST_APART = 5  # letters of a word that may stand there in two: "Walle" may, "them" may not
_N_RESEMBLING = 4_000  # most rated titles that are compared as a whole
_RESEMBLES = 0.72  # of 1, by difflib: below it, titles have little in common


class Titles:
    """The titles of films, opened for questions; never changes.

    Args:
        titles: I titles, the article in front, without the year.
        years: I years, 0 where unknown.
        labels: I titles with years, as they are shown.
        by_count: i64[I], rows of the films, the most rated first.
    """

    def __init__(
        self,
        titles: Sequence[str],
        years: Sequence[int],
        labels: Sequence[str],
        by_count: np.ndarray,
    ) -> None:
        self._titles, self._years, self._labels = list(titles), list(years), list(labels)
        self._by_count = by_count

    def named(self, text: str) -> list[int]:
        """Returns the films that have this very name, the most rated first.

        The year, if one is given, must be theirs. The first of these readings that fits a film
        decides: the title letter for letter; the same compared as above; without articles; the name
        in front of the brackets; one of the names in brackets.
        """
        asked = tidy(text).strip()
        title, year = split_title(asked)
        found = self._named(title, year)
        bare = _LAST_YEAR.match(asked)
        if not found and bare and not year:
            found = self._named(split_title(bare["title"])[0], int(bare["year"]))
        return found

    def containing(self, text: str) -> np.ndarray:
        """Returns bool[I]: films whose label contains every word of a text, in any order.

        Where none does, articles and "and" need not be in it. A text of signs alone ("$") is looked
        for as it is.
        """
        words = fold(text).split()
        if not words:
            signs = text.split()
            return np.array([all(sign in label for sign in signs) for label in self._labels], bool)
        hits = self._with_words(words)
        if not hits.any():
            others = [word for word in words if word not in _PASSED_OVER]
            if others and others != words:
                return self._with_words(others)
        return hits

    def spelled_like(self, text: str, *, limit: int) -> list[str]:
        """Returns labels of films whose names are spelled much like a text, the nearest first."""
        asked = fold(split_title(tidy(text).strip())[0])
        if not asked:
            return []
        found = [
            self._labels[self._row_of_name[name]]
            for name in self._spellings.nearest_spellings(asked, limit=limit)
        ]
        if len(found) < limit:
            resembling = difflib.get_close_matches(asked, self._resembling, limit, _RESEMBLES)
            found += [self._labels[self._row_of_name[name]] for name in resembling]
        return list(dict.fromkeys(found))[:limit]

    def _named(self, title: str, year: int) -> list[int]:
        if not title.strip():
            return []
        readings: tuple[tuple[dict[str, list[int]], Callable[[str], str]], ...] = (
            (self._exactly, str.casefold),
            (self._folded, _joined),
            (self._without_articles, _key),
            (self._in_front, lambda text: _key(_in_front(text))),
            (self._in_brackets, lambda text: _key(_in_front(text))),
        )
        for index, form in readings:
            rows = [row for row in index.get(form(title), ()) if year in (0, self._years[row])]
            if rows:
                return rows
        return []

    def _index(self, forms: Callable[[str], Iterator[str]]) -> dict[str, list[int]]:
        """Returns form -> rows, the most rated first."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for row in self._by_count.tolist():
            for form in dict.fromkeys(forms(self._titles[row])):
                if form:
                    found[form].append(row)
        return dict(found)

    @functools.cached_property
    def _exactly(self) -> dict[str, list[int]]:
        return self._index(lambda title: iter((title.casefold(),)))

    @functools.cached_property
    def _folded(self) -> dict[str, list[int]]:
        return self._index(lambda title: map(_joined, _spelled(title)))

    @functools.cached_property
    def _without_articles(self) -> dict[str, list[int]]:
        return self._index(lambda title: map(_key, _spelled(title)))

    @functools.cached_property
    def _in_front(self) -> dict[str, list[int]]:
        return self._index(lambda title: map(_key, _spelled(_in_front(title))))

    @functools.cached_property
    def _in_brackets(self) -> dict[str, list[int]]:
        return self._index(
            lambda title: (_key(form) for name in _others(title) for form in _spelled(name))
        )

    @functools.cached_property
    def _searched(self) -> list[str]:
        """What words are looked for in: each label folded, and its numerals as numbers."""
        found = []
        for label in self._labels:
            forms = list(dict.fromkeys(map(fold, _spelled(label))))
            initials = " ".join(word for word, _ in _with_initials(forms[0].split()))
            forms += [initials] * (initials != forms[0])
            numbers = (_NUMBERS[word] for word in forms[0].split() if word in _NUMBERS)
            found.append(f" {'  '.join([*forms, *numbers])} ")
        return found

    @functools.cached_property
    def _row_of_name(self) -> dict[str, int]:
        """Name, folded -> row of the most rated film of that name."""
        rows: dict[str, int] = {}
        for row in self._by_count.tolist():
            title = self._titles[row]
            for name in (title, _in_front(title), *_others(title)):
                rows.setdefault(fold(name), row)
        return rows

    @functools.cached_property
    def _spellings(self) -> Spellings:
        return Spellings(list(self._row_of_name))

    @functools.cached_property
    def _resembling(self) -> list[str]:
        return list(self._row_of_name)[:_N_RESEMBLING]

    def _with_words(self, words: Sequence[str]) -> np.ndarray:
        hits = np.ones(len(self._labels), bool)
        for word, is_spelled in _with_initials(words):
            forms = (word, f" {_NUMBERS[word]} ") if word in _NUMBERS else (word,)
            apart = None
            if is_spelled or len(word) >= _SHORTEST_APART:
                apart = re.compile(f" {' ?'.join(word)} ")
            if is_spelled:  # "M*A*S*H" is no more in "smash" than it is in "ham's"
                forms = ()
            for row in np.flatnonzero(hits).tolist():
                text = self._searched[row]
                hits[row] = any(form in text for form in forms) or bool(
                    apart and apart.search(text)
                )
        return hits


def _with_initials(words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yields words, and letters that stand alone side by side as one; whether it is such."""
    for is_letter, group in itertools.groupby(words, lambda word: len(word) == 1):
        run = list(group)
        if is_letter and len(run) > 1:
            yield "".join(run), True
        else:
            yield from ((word, False) for word in run)


def _joined(title: str) -> str:
    """Returns a title's letters and digits alone."""
    return fold(title).replace(" ", "")


def _key(title: str) -> str:
    """Returns a title's words without articles and "and", numerals as numbers, on end."""
    words = fold(_FIRST_ELISION.sub("", title)).split()
    kept = [_NUMBERS.get(word, word) for word in words if word not in _PASSED_OVER]
    return "".join(kept or words)


def _spelled(title: str) -> tuple[str, ...]:
    """Returns a title, and with its umlauts as people without such keys write them."""
    other = title.translate(_UMLAUTS)
    return (title,) if other == title else (title, other)


def _in_front(title: str) -> str:
    """Returns what stands in front of the brackets behind a title."""
    return _BRACKETS.sub("", title).strip() or title


def _others(title: str) -> Iterator[str]:
    """Yields the names that stand in brackets behind a title."""
    for found in _BRACKETS.finditer(title):
        if found.start():
            for name in re.split(r"\s[/|]\s|;", found[1]):
                yield split_title(_ALSO.sub("", name.strip()))[0]
