"""What a sentiment bundle says of itself to people: CARD.md."""

import textwrap

from core.bundle import Bundle


def write_card(bundle: Bundle) -> str:
    """Writes the card of a bundle, from its figures and its contents."""
    config, data = bundle.config, bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {_spread(metric)} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    epochs = f" ({config['epochs']} epochs)" if bundle.documents["history"] else ""
    taught = (
        f" It also learned what the linear model says of\n{config['n_taught']:,} reviews without "
        "labels; none of them stands in the test part."
        if "n_taught" in config
        else ""
    )
    return f"""# {bundle.name}

{config["title"]}: is a film review for or against? Trained on {data["title"]} ({data["version"]}),
25,000 labelled reviews; {config["n_parameters"]:,} numbers learned.{taught}

Made by `{bundle.command}` on {bundle.device}; the weights that ship took {bundle.duration_s:.0f} s
of training{epochs}. `python -m core evaluate assets/{bundle.name}` measures
them again.

## Figures
| metric | mean over seeds | of each seed | protocol |
|---|---|---|---|
{rows}

Logits are divided by {config["temperature"]:.3f} before they are called probabilities.

## What is inside
Weights of seed {bundle.seeds["model"]} in half precision or less, the words they know, and, \
for each test
review in the archive's order, its label, what the model said (a logit), and counts (words,
negations, share of rare words). {_phrases(bundle)}No text of a review. Words that
mostly stand in addresses of a few reviews are numbered, not named.
{_vectors(bundle)}{_ngrams(bundle)}
## Use and limits
For exploring and teaching. The model knows how people wrote about films on one web site before
2011; irony, other languages and texts about other things mislead it. 123 texts stand in both train
and test of the data set, as published. A score is no judgement of a writer.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""


def _phrases(bundle: Bundle) -> str:
    if "ngrams" not in bundle.tables:
        return ""
    return "Of each filter, the n-grams that excite it most, among those that may ship (below). "


def _vectors(bundle: Bundle) -> str:
    found = bundle.config.get("glove")
    if found is None:
        return ""
    cosine = found["median_cosine"]
    how = "hardly moved" if cosine > 0.95 else "moved"
    return _paragraph(
        f"The embedding began with the vectors of GloVe 6B, a third of each number, and {how}: the "
        f"median cosine between a word's vector here and GloVe's is {cosine:.3f}, and for "
        f"{found['same_nearest']:.1%} of its {found['n_words']:,} words in GloVe the nearest of "
        "GloVe's vectors of all these words is that of the word itself. So vectors of GloVe ship "
        "in this bundle"
        + (", almost unchanged. " if cosine > 0.95 else ", changed. ")
        + "GloVe is free for any use (PDDL 1.0): J. Pennington, R. Socher and C. D. Manning "
        "(2014). GloVe: Global Vectors for Word Representation. "
        "https://aclanthology.org/D14-1162/"
    )


def _ngrams(bundle: Bundle) -> str:
    """The rule that the n-grams were chosen by, and what was tried against them."""
    if "disclosure" not in bundle.config:
        return ""
    keys = sum(len(array) for name, array in bundle.arrays.items() if name.endswith("keys"))
    which = [f"the {keys:,} n-grams that the linear model has weights for"] if keys else []
    which += ["those of the table"] if "ngrams" in bundle.tables else []
    rule = bundle.config["disclosure"]
    rule_text = (
        f"Every n-gram here ({' and '.join(which)}) stands in reviews of {rule['min_films']} films "
        f"or more, by as many writers as far as the data tells: in reviews whose numbers in one "
        f"part of the archive are {rule['reviews_a_film']} or more apart, while a film has at most "
        f"{rule['reviews_a_film']} reviews with consecutive numbers; reviews that share "
        f"{rule['shared_passage']} words in a row count as one writer's. The word before it, and "
        f"the word behind it, is the same one in at most {rule['most_alike']:.0%} of its places, "
        f"begin and end of a review included, and it has {rule['min_contexts']} different pairs of "
        "neighbours or more; no uncommon word goes along with it in more than a third of its "
        "reviews. A name (a word with a capital in mid-sentence) stays only if "
        "reviewers of one film speak of it one after the other, for three films or more; parts of "
        "addresses go. "
    )
    chains = (
        "N-grams of three words or more overlap in no chain of eight words or more, those of "
        "all bundles together. "
    )
    if "ngrams" in bundle.tables:
        chains += "Neither do the pairs of the tables. "
    if keys:
        chains += (
            "Keys do not tell how a passage goes on for eight words, neither forwards nor "
            "backwards, where one key alone fits. The words stand in alphabetical order"
            + (" behind those of the net. " if "ngrams" in bundle.tables else ". ")
        )
    tried = (
        "Counted are all reviews that may be learned from, labelled or not; labels play no part. "
        "Tried against it, on the archive itself (`tests/privacy`): laying n-grams end over end, "
        "looking for passages and sentences of reviews in every file, and counting films, "
        "writers, neighbours and names again in another way. Nothing was found."
    )
    return "\n## Which n-grams ship\n" + _paragraph(rule_text + chains + tried)


def _paragraph(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False) + "\n"


def _spread(metric: dict) -> str:
    return ", ".join(f"{value:.4f}" for value in metric["per_seed"])
