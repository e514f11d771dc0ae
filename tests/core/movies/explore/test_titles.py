"""Films found by their titles as people type them."""

import re
import unicodedata

import numpy as np
import pytest

from core.bundle import ASSETS, load_bundle
from core.errors import InputError
from core.movies.explore import MovieExplorer
from core.movies.explore.titles import Titles

FILMS = (  # the most rated first
    ("The Matrix", 1999),
    ("Schindler's List", 1993),
    ("Léon: The Professional (a.k.a. The Professional) (Léon)", 1994),
    ("Seven (a.k.a. Se7en)", 1995),
    ("WALL·E", 2008),
    ("Spider-Man", 2002),
    ("Les Misérables", 1995),
    ("Les Misérables", 2012),
    ("Rocky", 1976),
    ("Rocky II", 1979),
    ("Rocky III", 1982),
    ("Fast & Furious", 2009),
    ("Das Mädchen Straße Łódź Ærø", 1990),
    ("L'Avventura (Adventure, The)", 1960),
    ("2001: A Space Odyssey", 1968),
    ("Them!", 1954),
    ("Ocean's Eleven", 2001),
    ("The", 1970),
    ("MASH (a.k.a. M*A*S*H)", 1970),
    ("Smash Hit", 1980),
    ("E.T. the Extra-Terrestrial", 1982),
)


def titles() -> Titles:
    names, years = zip(*FILMS, strict=True)
    labels = [f"{name} ({year})" for name, year in FILMS]
    return Titles(names, years, labels, np.arange(len(FILMS)))


def found(text: str) -> list[str]:
    return [FILMS[row][0] for row in titles().named(text)]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("the matrix", "The Matrix"),
        ("Matrix, The (1999)", "The Matrix"),
        ("matrix", "The Matrix"),
        ("  MATRIX ,the ", "The Matrix"),
        ("The Matrix 1999", "The Matrix"),
        ("The Matrix, 1999", "The Matrix"),
        ("The Matrix [1999]", "The Matrix"),
        ("Schindler’s List (1993)", "Schindler's List"),
        ("schindler&#39;s list", "Schindler's List"),
        ("Schindler′s  List,", "Schindler's List"),
        ("schindlers list", "Schindler's List"),
        ("leon the professional", "Léon: The Professional (a.k.a. The Professional) (Léon)"),
        ("Le\u0301on: The Professional", "Léon: The Professional (a.k.a. The Professional) (Léon)"),
        ("The Professional", "Léon: The Professional (a.k.a. The Professional) (Léon)"),
        ("LEON", "Léon: The Professional (a.k.a. The Professional) (Léon)"),
        ("Se7en", "Seven (a.k.a. Se7en)"),
        ("seven", "Seven (a.k.a. Se7en)"),
        ("WALL-E", "WALL·E"),
        ("walle", "WALL·E"),
        ("wall e", "WALL·E"),
        ("spider man", "Spider-Man"),
        ("Spiderman", "Spider-Man"),
        ("Spider‑Man", "Spider-Man"),
        ("rocky 2", "Rocky II"),
        ("Rocky II", "Rocky II"),
        ("fast and furious", "Fast & Furious"),
        ("Fast &amp; Furious", "Fast & Furious"),
        ("das maedchen strasse lodz aero", "Das Mädchen Straße Łódź Ærø"),
        ("Mädchen Strasse Lodz Aero", "Das Mädchen Straße Łódź Ærø"),
        ("avventura", "L'Avventura (Adventure, The)"),
        ("Avventura, L'", "L'Avventura (Adventure, The)"),
        ("L’Avventura", "L'Avventura (Adventure, The)"),
        ("the adventure", "L'Avventura (Adventure, The)"),
        ("2001", None),
        ("2001 a space odyssey", "2001: A Space Odyssey"),
        ("ocean's 11", "Ocean's Eleven"),
        ("the", "The"),
        ("M*A*S*H", "MASH (a.k.a. M*A*S*H)"),
        ("m.a.s.h.", "MASH (a.k.a. M*A*S*H)"),
        ("et the extra terrestrial", "E.T. the Extra-Terrestrial"),
        ("les miserables 2012", "Les Misérables"),
        ("The Matrix (2001)", None),
        ("  ", None),
        ("?!", None),
    ],
)
def test_a_title_is_found_as_it_is_typed(typed, title):
    assert found(typed) == ([title] if title else [])


def test_films_of_one_name_are_all_found_and_the_year_decides():
    assert found("Misérables, les") == ["Les Misérables"] * 2
    assert titles().named("les miserables (2012)") == [7]


def search(text: str) -> list[str]:
    return [FILMS[row][0] for row in np.flatnonzero(titles().containing(text))]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("matrix the", ["The Matrix"]),
        ("spiderman", ["Spider-Man"]),
        ("rocky 3", ["Rocky III"]),
        ("miserab", ["Les Misérables", "Les Misérables"]),
        ("the seven", ["Seven (a.k.a. Se7en)"]),
        ("them", ["Them!"]),  # "The Matrix" has its letters, but not as words
        ("walle 2008", ["WALL·E"]),
        ("E.T.", ["E.T. the Extra-Terrestrial"]),
        ("et the", ["E.T. the Extra-Terrestrial"]),
        ("M*A*S*H", ["MASH (a.k.a. M*A*S*H)"]),
        ("nothing like it", []),
    ],
)
def test_labels_that_hold_all_words(typed, expected):
    assert search(typed) == expected


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("The Matirx", "The Matrix (1999)"),
        ("shindlers list", "Schindler's List (1993)"),
        ("LÉNO", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
        ("Les Miserabels (2012)", "Les Misérables (1995)"),
    ],
)
def test_a_title_with_a_wrong_letter_is_near(typed, label):
    assert titles().spelled_like(typed, limit=3)[0] == label


def test_nothing_is_near_to_nothing():
    assert titles().spelled_like("qqqqqqqq", limit=3) == titles().spelled_like("!", limit=3) == []


def unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def moved(label: str) -> str:
    return re.sub(r"^(The|A|An|Le|La|Les|Der|Die|Das|El|Il) (.+) (\(\d+\))$", r"\2, \1 \3", label)


WAYS = {
    "as it is": str,
    "decomposed": lambda label: unicodedata.normalize("NFD", label),
    "without accents": unaccented,
    "with curly apostrophes": lambda label: label.replace("'", "’"),
    "without apostrophes": lambda label: label.replace("'", ""),
    "in capitals": str.upper,
    "without hyphens": lambda label: label.replace("-", ""),
    "with blanks for hyphens": lambda label: label.replace("-", " "),
    "without signs": lambda label: re.sub(r"[^\w\s()]", "", label),
    "with a comma": lambda label: f" {label} ,",
    "with the article behind": moved,
    "with and": lambda label: label.replace("&", "and"),
    "with an ampersand": lambda label: label.replace(" and ", " &amp; "),
    "with a year without brackets": lambda label: re.sub(r"\((\d+)\)$", r"\1", label),
}


@pytest.fixture(scope="module")
def shipped() -> MovieExplorer:
    return MovieExplorer(load_bundle(ASSETS / "movies-bias", kind="movies"))


@pytest.mark.parametrize("way", WAYS)
def test_every_film_that_ships_is_found_in_every_way_of_typing(shipped, way):
    lost = []
    for row, label in enumerate(shipped.films["label"]):
        typed = WAYS[way](label)
        if typed == label and way != "as it is":
            continue
        try:
            if shipped.find(typed) != row:
                lost.append(typed)
        except InputError:
            lost.append(typed)
    assert lost == []


def test_the_page_and_the_command_line_search_alike(shipped):
    first = shipped.films["label"].iloc[shipped.search("leon professional")[0]]
    assert first.startswith("Léon: The Professional")
    assert len(shipped.search("\u00ac")) == 0 and shipped.suggest("\u00ac") == []
    assert {"$" in label for label in shipped.films["label"].iloc[shipped.search("$")]} == {True}
    with pytest.raises(InputError, match=r"did you mean The Matrix \(1999\)"):
        shipped.find("The Matirx")
