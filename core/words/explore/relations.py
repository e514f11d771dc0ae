"""Word pairs whose relation everybody knows: they tell when the answer to an analogy is wrong.

All words are in lower case, as vectors have them.
"""

# Only where no second word is right as well: London's country has several names.
_CAPITALS = {
    "athens": "greece",
    "baghdad": "iraq",
    "bangkok": "thailand",
    "beijing": "china",
    "berlin": "germany",
    "brussels": "belgium",
    "budapest": "hungary",
    "cairo": "egypt",
    "copenhagen": "denmark",
    "dublin": "ireland",
    "hanoi": "vietnam",
    "havana": "cuba",
    "helsinki": "finland",
    "kabul": "afghanistan",
    "lisbon": "portugal",
    "madrid": "spain",
    "moscow": "russia",
    "oslo": "norway",
    "ottawa": "canada",
    "paris": "france",
    "rome": "italy",
    "stockholm": "sweden",
    "tehran": "iran",
    "tokyo": "japan",
    "vienna": "austria",
    "warsaw": "poland",
}
_WOMEN = {
    "actor": "actress",
    "boy": "girl",
    "brother": "sister",
    "father": "mother",
    "he": "she",
    "husband": "wife",
    "king": "queen",
    "man": "woman",
    "prince": "princess",
    "son": "daughter",
    "uncle": "aunt",
}
_RELATIONS = (_CAPITALS, _WOMEN)
_NAMES = frozenset([*_CAPITALS, *_CAPITALS.values()])


def expected(a: str, b: str, c: str) -> str | None:
    """Returns what is to c as b is to a, where everybody would say so; None where that is open.

    Either way round: of two pairs, the words may also stand across, as in man : king = woman : ?.
    """
    a, b, c = (word.strip().lower() for word in (a, b, c))
    for pairs in _RELATIONS:
        for relation in (pairs, {second: first for first, second in pairs.items()}):
            if relation.get(a) == b and c in relation:
                return relation[c]
            if relation.get(a) == c and b in relation:
                return relation[b]
    return None


def as_written(word: str) -> str:
    """Writes a word with a capital if it is the name of a city or a country known here."""
    return word.capitalize() if word.lower() in _NAMES else word
