"""Two orders of words with one meaning: what a net must keep to be asked about either later.

A line tells where somebody went and when, one before the other, then perhaps of something else, and
ends with one question. Both facts have to be kept until it comes, whichever was told first.

    in 2009 i went to nepal. it rained a lot. where? nepal.
    i went to nepal in 2009. when? 2009.
"""

import dataclasses

import numpy as np

from core.errors import pick
from core.textgen.data import Alphabet

PLACES = ("nepal", "peru", "kenya", "spain", "japan", "chile", "ghana", "italy")
YEARS = ("1968", "1975", "1983", "1991", "1996", "2002", "2009", "2017")
VERBS = ("went", "flew", "moved")
ASIDES = ("it rained a lot.", "the food was good.", "my sister came too.")
TIME_FIRST, PLACE_FIRST = "time first", "place first"
ORDERS = {
    TIME_FIRST: "in {year} i {verb} to {place}.",
    PLACE_FIRST: "i {verb} to {place} in {year}.",
}
WHERE, WHEN = "where", "when"
_MOST_ASIDES = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """A line, in its parts.

    Attributes:
        place: one of `PLACES`.
        year: one of `YEARS`.
        order: one of `ORDERS`.
        verb: one of `VERBS`.
        asides: sentences about something else.
        question: `WHERE` or `WHEN`.
    """

    place: str
    year: str
    order: str
    verb: str = VERBS[0]
    asides: tuple[str, ...] = ()
    question: str = WHERE

    def __post_init__(self) -> None:
        """Checks the order and the question."""
        pick("order", self.order, ORDERS)
        pick("question", self.question, dict.fromkeys((WHERE, WHEN)))

    @property
    def is_plain(self) -> bool:
        """Whether it has the first verb and nothing aside."""
        return self.verb == VERBS[0] and not self.asides

    @property
    def statement(self) -> str:
        """The sentence with both facts."""
        return ORDERS[self.order].format(place=self.place, year=self.year, verb=self.verb)

    @property
    def asked(self) -> str:
        """All up to the answer."""
        return " ".join([self.statement, *self.asides, f"{self.question}? "])

    @property
    def answer(self) -> str:
        """The place or the year."""
        return self.place if self.question == WHERE else self.year


def is_unseen(place: str, year: str) -> bool:
    """Tells whether a place and a year never stand together in what is learned from.

    One pair in four: each place and each year is known, and how the two go together is not.
    """
    return (PLACES.index(place) + YEARS.index(year)) % 4 == 0


def draw_stories(n_chars: int, *, seed: int) -> str:
    """Draws lines to learn from until there are at least so many characters.

    Args:
        n_chars: fewest characters.
        seed: of everything random.
    """
    rng = np.random.default_rng(seed)
    known = [(place, year) for place in PLACES for year in YEARS if not is_unseen(place, year)]
    lines, length = [], 0
    while length < n_chars:
        place, year = known[rng.integers(len(known))]
        n_asides = rng.integers(_MOST_ASIDES + 1)
        story = Story(
            place,
            year,
            list(ORDERS)[rng.integers(len(ORDERS))],
            VERBS[rng.integers(len(VERBS))],
            tuple(ASIDES[at] for at in rng.integers(len(ASIDES), size=n_asides)),
            (WHERE, WHEN)[rng.integers(2)],
        )
        lines.append(f"{story.asked}{story.answer}.\n")
        length += len(lines[-1])
    return "".join(lines)


def stories_to_learn(n_chars: int, *, seed: int) -> tuple[Alphabet, np.ndarray]:
    """Draws what models learn from: its characters, and the text as ids i32[N]."""
    text = draw_stories(n_chars, seed=seed)
    alphabet = Alphabet(tuple(sorted(set(text))))
    return alphabet, alphabet.encode(text)


def all_stories(asides: tuple[str, ...] = ()) -> list[Story]:
    """Returns every place, year, order, verb and question once, with the same asides."""
    return [
        Story(place, year, order, verb, asides, question)
        for place in PLACES
        for year in YEARS
        for order in ORDERS
        for verb in VERBS
        for question in (WHERE, WHEN)
    ]
