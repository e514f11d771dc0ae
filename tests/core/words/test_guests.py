"""Words put onto a shipped map: known answers of copies, principal components, bad vectors."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.errors import InputError
from core.words.explorer import MapExplorer
from core.words.guests import Guests, invite
from core.words.vectors import WordVectors
from tests.dashboard.word_samples import N_FITTED, N_WORDS, maps_bundle, sample_vectors, word_list

COPY, MIXED = N_WORDS, N_WORDS + 1  # rows of two more words: school again, school and teacher


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    """The sample and two more words."""
    sample = sample_vectors("sgns")
    school, teacher = (sample.matrix[sample.find(word)] for word in ("school", "teacher"))
    matrix = np.concatenate([sample.matrix, [school, school + teacher]])
    counts = np.arange(len(matrix), 0, -1)
    return WordVectors(
        "sgns", sample.title, [*sample.words, "lycee", "tutor"], matrix, counts=counts
    )


@pytest.fixture(scope="module")
def maps() -> MapExplorer:
    return MapExplorer(maps_bundle("sgns"))


@pytest.fixture(scope="module")
def guests(maps: MapExplorer, vectors: WordVectors) -> Guests:
    return invite(maps, maps.find_map(N_FITTED), vectors, [COPY, MIXED])


def test_a_copy_has_the_neighbours_of_its_original(maps: MapExplorer, guests: Guests) -> None:
    record = maps.find_map(N_FITTED)
    school = maps.find("school")
    near = guests.neighbours[N_FITTED]
    assert near["word"].iloc[0] == "school"
    assert near[["distance", "cosine"]].iloc[0].tolist() == pytest.approx([0, 1], abs=1e-6)
    others = maps.true_neighbours(record, school, 9)
    assert near["word"].tolist()[1:] == others["word"].tolist()
    np.testing.assert_allclose(
        near["distance"][1:], others["distance"], atol=2e-3
    )  # half precision
    assert list(near.columns) == list(others.columns)


def test_components_are_those_of_the_fitted_words(
    maps: MapExplorer, vectors: WordVectors, guests: Guests
) -> None:
    pca = PCA(2, random_state=0).fit(vectors.matrix[:N_FITTED])
    expected = pca.transform(vectors.matrix[[COPY, MIXED]])
    np.testing.assert_allclose(guests.table[["pca_x", "pca_y"]], expected, atol=1e-4)


def test_guests_lie_among_their_own(maps: MapExplorer, guests: Guests) -> None:
    own = {"school", "university", "college", "student", "teacher", "class"}
    for near in guests.neighbours.values():
        assert set(near["word"][:5]) <= own
        assert near.loc[near["map_place"] == 1, "word"].isin(own).all()
    assert guests.table["preservation"].between(0.4, 1).all()
    assert guests.table["word"].tolist() == ["lycee", "tutor"]
    assert guests.table["rank"].tolist() == [N_WORDS + 1, N_WORDS + 2]
    assert guests.table["count"].tolist() == [2, 1]
    assert list(guests.table.columns) == list(maps.table(maps.find_map(N_FITTED)).columns)


def test_true_places_count_the_words_between(
    maps: MapExplorer, vectors: WordVectors, guests: Guests
) -> None:
    near = guests.neighbours[N_FITTED + 1]
    for place, row in enumerate(near["row"], start=1):
        assert guests.true_place(N_FITTED + 1, row) == place
    gaps = np.linalg.norm(vectors.matrix[:N_FITTED] - vectors.matrix[COPY], axis=1)
    between = np.linalg.norm(vectors.matrix[MIXED] - vectors.matrix[COPY])
    assert guests.true_place(N_FITTED, N_FITTED + 1) == (gaps < between).sum() + 1
    assert guests.true_place(maps.find("school"), N_FITTED) == 1


def test_a_map_of_unit_vectors_measures_unit_vectors(
    maps: MapExplorer, vectors: WordVectors
) -> None:
    record = maps.find_map(N_WORDS)
    found = invite(maps, record, vectors, [MIXED])
    gaps = np.linalg.norm(vectors.unit[:N_WORDS] - vectors.unit[MIXED], axis=1)
    assert found.neighbours[N_WORDS]["row"].tolist() == np.argsort(gaps)[:10].tolist()


def test_other_vectors_are_refused(maps: MapExplorer) -> None:
    words = ["wrong", *word_list("sgns")[1:]]
    other = WordVectors("other", "Others", words, sample_vectors("sgns").matrix)
    with pytest.raises(InputError, match=r"vectors \(Others\) should hold every word of the map"):
        invite(maps, maps.find_map(N_FITTED), other, [5])
