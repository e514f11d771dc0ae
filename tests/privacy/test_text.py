"""What ships of reviews cannot be turned back into them: attacks on all bundles, and their twins.

Each attack also runs against made-up reviews with secrets in them: there it has to find them in
what is not protected, and nothing in what is.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.bundle import ASSETS, MANIFEST, Bundle, load_bundle, save_bundle
from core.datasets.store import ensure
from core.reviews import Reviews, collect, read_reviews
from core.sentiment.data import labelled
from core.sentiment.disclosure.publishable import Publishable, publishable
from core.sentiment.disclosure.reviews import learnable
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.protocol import measure_linear
from core.words.data import corpus_of
from tests.core.sentiment.forum import POSTED, SECRETS, SIGNED, forum, reviews_with_a_habit
from tests.privacy.archive import PASSAGE, Archive, passages
from tests.privacy.recount import Recount
from tests.privacy.text_attacks import (
    Words,
    addresses,
    longest_chain,
    longest_reading,
    ngrams_of,
    shipped_texts,
)

LONGEST = PASSAGE - 1
OLD_RULE = 3  # reviews that an n-gram stood in before there was a better one
SIGNERS_OWN = {"yours", "john", "quimby", "little", "hampton", "grey", "sea"}
TITLES = "/films.parquet title"  # of films: everybody's


OF_REVIEWS = [
    path
    for path in sorted(ASSETS.glob(f"*/{MANIFEST}"))
    if json.loads(path.read_text(encoding="utf-8"))["dataset"]["name"] == "imdb"
]


@pytest.fixture(scope="module")
def shipped() -> dict[str, dict[str, list[Words]]]:
    """Bundle -> "table" and "keys" -> n-grams of reviews; those that have any."""
    found = {path.parent.name: ngrams_of(load_bundle(path.parent)) for path in OF_REVIEWS}
    return {name: ngrams for name, ngrams in found.items() if ngrams}


@pytest.fixture(scope="session")
def reviews(mirror: Path) -> Reviews:
    """The real archive's; the first call on a machine reads it, which takes most of a minute."""
    return read_reviews(ensure("imdb", mirror=mirror, progress=False, download=False))


def chainable(ngrams: dict[str, list[Words]]) -> list[Words]:
    """What may be laid end over end: of the keys of a model, those of three words."""
    keys = (ngram for ngram in ngrams.get("keys", ()) if len(ngram) > 2)
    return [*ngrams.get("table", ()), *keys]


def test_the_bundles_with_ngrams_are_all_seen(shipped: dict) -> None:
    assert {name for name, ngrams in shipped.items() if "keys" in ngrams} == {
        "sentiment-nbsvm",
        "sentiment-ensemble",
    }
    assert {name for name, ngrams in shipped.items() if "table" in ngrams} == {
        f"sentiment-{name}"
        for name in ("cnn", "cnn-glove-tuned", "multicnn", "max-cnn", "ensemble")
    }
    assert all(len(ngrams) > 500 for kinds in shipped.values() for ngrams in kinds.values())


def test_shipped_ngrams_do_not_chain(shipped: dict) -> None:
    chains = {name: longest_chain(chainable(ngrams)) for name, ngrams in shipped.items()}
    assert {name: chain for name, chain in chains.items() if len(chain) > LONGEST} == {}
    together = [ngram for ngrams in shipped.values() for ngram in chainable(ngrams)]
    assert 3 < len(longest_chain(together)) <= LONGEST


def test_shipped_keys_do_not_say_how_a_passage_goes_on(shipped: dict) -> None:
    read = {
        (name, kind): longest_reading(ngrams)
        for name, kinds in shipped.items()
        for kind, ngrams in kinds.items()
    }
    assert {key: words for key, words in read.items() if len(words) > LONGEST} == {}


def test_no_address_is_among_shipped_words() -> None:
    cells = [
        cell
        for manifest in OF_REVIEWS
        for path in manifest.parent.glob("*.parquet")
        for _, column in pd.read_parquet(path).items()
        for cell in column.unique()
        if isinstance(cell, str)
    ]
    assert len(cells) > 100_000
    assert [found for found in addresses(cells) if found not in ("www", "http", "https")] == []
    assert [cell for cell in cells if "@" in cell] == []


@pytest.fixture(scope="module")
def recount(reviews: Reviews) -> Recount:
    """Of the real archive."""
    return Recount(reviews)


def test_no_shipped_word_is_the_address_of_few(recount: Recount) -> None:
    for manifest in OF_REVIEWS:
        if (manifest.parent / "words.parquet").is_file():
            words = pd.read_parquet(manifest.parent / "words.parquet")["word"]
            assert recount.in_addresses(words) == set(), manifest.parent.name


def test_what_stands_behind_each_shipped_ngram_is_much(shipped: dict, recount: Recount) -> None:
    every = {ngram for kinds in shipped.values() for ngrams in kinds.values() for ngram in ngrams}
    found = recount.faults(every)
    assert {fault: sorted(ngrams)[:9] for fault, ngrams in found.items() if ngrams} == {}


def test_no_shipped_file_holds_a_passage_of_a_review(reviews: Reviews) -> None:
    texts = [(where, text) for where, text in shipped_texts(ASSETS) if not where.endswith(TITLES)]
    assert len(texts) > 10_000
    assert passages(texts, Archive(reviews)) == []


def test_shipped_words_do_not_come_in_the_order_of_the_reviews(reviews: Reviews) -> None:
    first = {word: at for at, word in enumerate(reviews.words)}
    for path in sorted(ASSETS.glob("*/words.parquet")):
        at = np.array([first[w] for w in pd.read_parquet(path)["word"] if w in first])
        assert np.mean(np.diff(at) > 0) < 0.7, path  # of words in any order, half


@pytest.fixture(scope="module")
def made_up() -> Reviews:
    return forum()


@pytest.fixture(scope="module")
def may_ship(made_up: Reviews) -> Publishable:
    return publishable(learnable(made_up))


def unprotected(reviews: Reviews, sizes: tuple[int, ...]) -> list[Words]:
    """All n-grams of three reviews or more: what shipped once."""
    found: defaultdict[Words, set[int]] = defaultdict(set)
    for row in range(reviews.n_reviews):
        ids = reviews.tokens[reviews.starts[row] : reviews.starts[row + 1]].tolist()
        words = [reviews.words[k] for k in ids]
        for size in sizes:
            for at in range(len(words) - size + 1):
                found[tuple(words[at : at + size])].add(row)
    return [ngram for ngram, rows in found.items() if len(rows) >= OLD_RULE]


def protected(found: Publishable, sizes: tuple[int, ...]) -> list[Words]:
    """All n-grams that may be listed."""
    tables = [found.table(size)[0] for size in sizes]
    return [tuple(found.words[k] for k in row) for table in tables for row in table.tolist()]


def linear_bundle(reviews: Reviews, allowed: np.ndarray | None, *, in_order: bool) -> Bundle:
    """The linear model of made-up reviews; its words as they come in them, or not."""
    train, test = labelled(reviews, "train"), labelled(reviews, "test")
    measured = measure_linear(NbsvmConfig(min_reviews=3), train, test, allowed=allowed)
    words = list(measured.vocabulary.words)
    if in_order:
        words.sort(key=reviews.words.index)
    return Bundle(
        kind="sentiment",
        name="sentiment-nbsvm",
        config={},
        seeds={},
        metrics={},
        dataset={"name": "imdb"},
        arrays=measured.arrays,
        tables={"words": pd.DataFrame({"word": words})},
        documents={"history": {"notes": [POSTED]} if in_order else {}},
    )


def test_twin_of_chaining(made_up: Reviews, may_ship: Publishable) -> None:
    signature = " ".join(SIGNED.lower().split())
    for sizes in ((3,), (5,), (3, 5)):
        free = [ngram for ngram in unprotected(made_up, sizes) if set(ngram) & SIGNERS_OWN]
        assert signature in " ".join(longest_chain(free)), sizes
        assert len(longest_chain(unprotected(made_up, sizes))) > LONGEST
        assert len(longest_chain(protected(may_ship, sizes))) <= LONGEST
    assert len(longest_chain(unprotected(made_up, (2,)))) > LONGEST
    assert 2 < len(longest_chain(protected(may_ship, (2,)))) <= LONGEST


def test_twin_of_reading_on(made_up: Reviews, may_ship: Publishable) -> None:
    free = ngrams_of(linear_bundle(made_up, None, in_order=False))["keys"]
    read = longest_reading([ngram for ngram in free if set(ngram) & {*SIGNED.lower().split()}])
    assert "john quimby of little hampton by the grey sea" in " ".join(read)
    bound = ngrams_of(linear_bundle(made_up, may_ship.keys(3), in_order=False))["keys"]
    assert len(longest_reading(bound)) <= LONGEST
    assert ("wonderful",) in bound and not {w for ngram in bound for w in ngram} & set(SECRETS)


def test_twin_of_counting_again(made_up: Reviews, may_ship: Publishable) -> None:
    recount = Recount(made_up)
    sizes = (1, 2, 3, 4, 5)
    found = recount.faults(unprotected(made_up, sizes))
    assert ("dunmore",) in found["name"]
    assert tuple(POSTED.lower().split()[:3]) in found["films"]
    assert {("little", "hampton"), ("grey", "sea")} <= found["neighbours"]
    bound = recount.faults(protected(may_ship, sizes))
    assert not any(bound.values())


def test_twin_of_a_habit() -> None:
    made_up = reviews_with_a_habit()
    found = Recount(made_up).faults([("my", "grade"), ("one", "of")])
    assert found["habit"] == {("my", "grade")} and not found["neighbours"]
    bound = publishable(learnable(made_up))
    assert ("my", "grade") not in protected(bound, (2,))
    assert ("one", "of") in protected(bound, (2,))


def test_twin_of_looking_for_passages(
    made_up: Reviews, may_ship: Publishable, tmp_path: Path
) -> None:
    archive = Archive(made_up)
    free = linear_bundle(made_up, None, in_order=True)
    found = passages(shipped_texts(save_bundle(free, tmp_path / "free").parent), archive)
    assert any("uncle ezra danced on top of tables" in words for _, words in found)
    assert any("words.parquet" in where for where, _ in found)
    bound = linear_bundle(made_up, may_ship.keys(3), in_order=False)
    save_bundle(bound, tmp_path / "bound" / "it")
    assert passages(shipped_texts(tmp_path / "bound"), archive) == []
    card = [("CARD.md", "And then? never shall i forget. The evening at the palace! My uncle")]
    assert len(passages(card, archive)) == 0  # pieces of it, none a sentence of a review
    assert passages([("x", "why: never shall i forget the evening at the palace")], archive)


def test_twin_of_whole_sentences(tmp_path: Path) -> None:
    text = "it was fun . we laughed until we cried ! and so on"
    archive = Archive(collect([(text.split(), "train_pos", 0, 9)]))
    (tmp_path / "notes.json").write_text(json.dumps({"a": ["Then we laughed until we cried!"]}))
    assert passages(shipped_texts(tmp_path), archive) == [
        ("notes.json", "we laughed until we cried !")
    ]
    common = [(text.split(), "train_pos", 30 * n, 9) for n in range(10)]
    assert passages(shipped_texts(tmp_path), Archive(collect(common))) == []


def test_twin_of_addresses() -> None:
    texts = ["see www . fitchley . com now", "at fitchley . com", "see it at the net . Now"]
    found = ((text.split(), "train_pos", n, 9) for n, text in enumerate(texts))
    free = collect(found)
    assert Recount(free).in_addresses(free.words) == {"fitchley"}
    assert Recount(free).in_addresses(corpus_of(free).words) == set()
    assert addresses(["see www . fitchley . com", "me@host.org", "http"]) != []
    assert addresses(["a . comma", "the net .", "show biz"]) == []
