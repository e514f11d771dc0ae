"""Reviews of many films by many writers, with what has to stay among them, as a forum has them.

Some writers have habits: a signature, a saying, a passage that they post again and again. Films
have casts, of whom several reviewers of one film speak. Everybody says "one of the best films".
"""

from collections.abc import Iterable, Sequence

import numpy as np

from core.reviews import Reviews, collect
from core.sentiment.disclosure.reviews import Learnable, learnable

N_FILMS, REVIEWS_OF_A_FILM = 40, 8
FILLERS = "it was then she saw him there".split()  # few: their triples are frequent, and chain
COMMON = "one of the best films"
CAST = "Ada Merrow"  # of every fourth film
SIGNED = "yours John Quimby of Little Hampton by the grey sea"
SAYING = "Dunmore"  # whom a writer names in mid-sentence, between other words each time
POSTED = "never shall i forget the evening at the palace when my uncle Ezra danced on top of tables"
PLUG = "read more at www . fitchley . com"
SECRETS = ("quimby", "hampton", "dunmore", "fitchley", "ezra", "uncle", "www", "com")
WRITTEN = 14  # reviews of each such writer, one a film


def draw_forum(seed: int = 0) -> list[tuple[str, str, int, int]]:
    """Text, part, number and stars of each review, of unlabelled and of labelled ones."""
    rng = np.random.default_rng(seed)
    found = []
    for part, stars in (("train_unsup", 0), ("train_pos", 9), ("train_neg", 2)):
        for film in range(N_FILMS):
            for k in range(REVIEWS_OF_A_FILM):
                pieces = [_some(rng), COMMON, _some(rng)]
                if film % 4 == 0 and k in (2, 3, 4):
                    pieces += [CAST, _some(rng)]
                if film < WRITTEN:
                    pieces += {
                        0: [SIGNED],
                        1: [SAYING, _some(rng)],
                        5: [PLUG, _some(rng)],
                    }.get(k, [])
                if film < 4 and k == 6:
                    pieces += [POSTED, _some(rng)]
                verdict = {9: "wonderful", 2: "awful"}.get(stars, "plain")
                text = " ".join([_some(rng), verdict, *pieces])
                found.append((text, part, 30 * film + k, stars))
    for number in range(60):  # of other films, to report on
        stars = 9 if number % 2 else 2
        verdict = "wonderful" if number % 2 else "awful"
        part = "test_pos" if number % 2 else "test_neg"
        found.append((f"{_some(rng)} {verdict} {_some(rng)}", part, 30 * number, stars))
    return found


def forum(seed: int = 0) -> Reviews:
    """The same as an archive's reviews."""
    return collect((text.split(), *rest) for text, *rest in draw_forum(seed))


def learnable_of(found: Iterable[tuple[str, str, int]]) -> Learnable:
    """Reviews of text, part and number; tokens have blanks between."""
    return learnable(collect((text.split(), part, n, 0) for text, part, n in found))


def words_of(ngrams: np.ndarray, words: Sequence[str]) -> set[str]:
    """N-grams in words."""
    return {" ".join(words[k] for k in row) for row in ngrams.tolist()}


def _some(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(FILLERS, rng.integers(3, 7)))


def reviews_with_a_habit() -> Reviews:
    """Reviews of which some say "my grade", in other words each time, and speak of extras then."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(4_000):
        text = f"{_some(rng)} one of {_some(rng)}"
        if number % 150 == 0:
            text += f" my grade {_some(rng)} extras {_some(rng)}"
        found.append((text.split(), "train_unsup", number, 0))
    return collect(found)
