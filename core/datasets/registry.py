"""What the project can learn from: name, origin, licence and expected content of every data set.

A checksum or a size stands here only where the official one is published; elsewhere the fields are
None, the `expected` counts verify the content, and the SHA-256 seen is recorded beside the file
(`core.datasets.store`). The SHA-256 values are those that TensorFlow Datasets publishes for the
same addresses, the sizes those that the servers announce. They hold for the official address only:
a mirror may have packed the same content again.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import DataError, InputError

_HARPER = (
    "F. M. Harper and J. A. Konstan (2015). The MovieLens Datasets: History and Context. "
    "ACM TiiS 5(4), 19. https://doi.org/10.1145/2827872"
)
_SIMONYAN = (
    "K. Simonyan and A. Zisserman (2015). Very Deep Convolutional Networks for Large-Scale Image "
    "Recognition. ICLR. https://arxiv.org/abs/1409.1556"
)
_ELSON = (
    "J. Elson, J. R. Douceur, J. Howell and J. Saul (2007). Asirra: a CAPTCHA that exploits "
    "interest-aligned manual image categorization. ACM CCS."
)
_GROUPLENS = "GroupLens: research, not commercial"
_SHARE_ALIKE = "May be passed on under the same conditions, with acknowledgement."
_NO_SHARING = "May not be passed on without permission of GroupLens."
_MOVIELENS = "https://files.grouplens.org/datasets/movielens"
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16"


@dataclass(frozen=True, slots=True)
class DataSet:
    """One downloadable file and what is known about it.

    Attributes:
        name: Short name on the command line, unique.
        title: Name for people.
        version: What tells this edition from others: a year, a release.
        filename: Name of the file in the data folder and on a mirror, unique.
        url: Official https address; None where there is none any more.
        size_bytes: Size of the official file; None where it is not known for sure.
        sha256: SHA-256 of the official file, 64 hex digits; None where it is not known for sure.
        licence: Licence in a few words.
        citation: Whom to cite.
        homepage: Page that describes the set.
        expected: Counts of the content by which a reader recognises the right edition. For
            MovieLens, `movies` counts the rows of the table of movies and `rated_movies` those with
            a rating.
        note: What else a user must know, in a sentence or two.
    """

    name: str
    title: str
    version: str
    filename: str
    url: str | None
    size_bytes: int | None
    sha256: str | None
    licence: str
    citation: str
    homepage: str
    expected: Mapping[str, int]
    note: str


_ALL = (
    DataSet(
        name="ml-latest-small-2016",
        title="MovieLens latest-small, 2016",
        version="2016-10-17",
        filename="ml-latest-small-2016.zip",
        url=None,
        size_bytes=None,
        sha256=None,
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/latest/",
        expected={
            "ratings": 100_004,
            "users": 671,
            "movies": 9_125,
            "rated_movies": 9_066,
            "tags": 1_296,
        },
        note="The lesson's edition. GroupLens replaced it by the 2018 one, so it comes from a "
        f"mirror only. {_SHARE_ALIKE}",
    ),
    DataSet(
        name="ml-latest-small",
        title="MovieLens latest-small, 2018",
        version="2018-09-26",
        filename="ml-latest-small.zip",
        url=f"{_MOVIELENS}/ml-latest-small.zip",
        size_bytes=978_202,
        sha256="696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/latest/",
        expected={
            "ratings": 100_836,
            "users": 610,
            "movies": 9_742,
            "rated_movies": 9_724,
            "tags": 3_683,
        },
        note=f"GroupLens may replace this edition without notice. {_SHARE_ALIKE}",
    ),
    DataSet(
        name="ml-100k",
        title="MovieLens 100K",
        version="1998",
        filename="ml-100k.zip",
        url=f"{_MOVIELENS}/ml-100k.zip",
        size_bytes=4_924_029,
        sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/100k/",
        expected={"ratings": 100_000, "users": 943, "movies": 1_682, "rated_movies": 1_682},
        note=f"u.item is Latin-1. {_NO_SHARING}",
    ),
    DataSet(
        name="ml-1m",
        title="MovieLens 1M",
        version="2003",
        filename="ml-1m.zip",
        url=f"{_MOVIELENS}/ml-1m.zip",
        size_bytes=5_917_549,
        sha256="a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/1m/",
        expected={"ratings": 1_000_209, "users": 6_040, "movies": 3_883, "rated_movies": 3_706},
        note=f"Fields are separated by '::' and movies.dat is Latin-1. {_NO_SHARING}",
    ),
    DataSet(
        name="ml-25m",
        title="MovieLens 25M",
        version="2019-11-21",
        filename="ml-25m.zip",
        url=f"{_MOVIELENS}/ml-25m.zip",
        size_bytes=261_978_986,
        sha256="8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/25m/",
        expected={"ratings": 25_000_095, "users": 162_541, "movies": 62_423, "tags": 1_093_360},
        note="The licence inside the archive holds.",
    ),
    DataSet(
        name="ml-32m",
        title="MovieLens 32M",
        version="2023-10-13",
        filename="ml-32m.zip",
        url=f"{_MOVIELENS}/ml-32m.zip",
        size_bytes=None,
        sha256=None,
        licence=_GROUPLENS,
        citation=_HARPER,
        homepage="https://grouplens.org/datasets/movielens/32m/",
        expected={"ratings": 32_000_204, "users": 200_948, "movies": 87_585, "tags": 2_000_072},
        note="The licence inside the archive holds.",
    ),
    DataSet(
        name="imdb",
        title="Large Movie Review Dataset (IMDB)",
        version="1.0",
        filename="aclImdb_v1.tar.gz",
        url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        size_bytes=84_125_825,
        sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
        licence="none stated; cite the paper",
        citation="A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng and C. Potts (2011). "
        "Learning Word Vectors for Sentiment Analysis. ACL. https://aclanthology.org/P11-1015/",
        homepage="https://ai.stanford.edu/~amaas/data/sentiment/",
        expected={
            "train_pos": 12_500,
            "train_neg": 12_500,
            "train_unsup": 50_000,
            "test_pos": 12_500,
            "test_neg": 12_500,
            "vocabulary": 89_527,
        },
        note="Some texts stand in train and test, some unlabelled ones in either: mind the leak.",
    ),
    DataSet(
        name="glove-6b",
        title="GloVe 6B word vectors",
        version="6B (Wikipedia 2014 + Gigaword 5)",
        filename="glove.6B.zip",
        url="https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip",
        size_bytes=862_182_613,
        sha256=None,
        licence="PDDL 1.0",
        citation="J. Pennington, R. Socher and C. D. Manning (2014). GloVe: Global Vectors for "
        "Word Representation. EMNLP. https://aclanthology.org/D14-1162/",
        homepage="https://nlp.stanford.edu/projects/glove/",
        expected={"words": 400_000},
        note="Holds 50, 100, 200 and 300 dimensions; a mirror may hold 50 only.",
    ),
    DataSet(
        name="nietzsche",
        title="Nietzsche, in English",
        version="Keras examples",
        filename="nietzsche.txt",
        url="https://s3.amazonaws.com/text-datasets/nietzsche.txt",
        size_bytes=600_901,
        sha256=None,
        licence="public domain",
        citation="F. Nietzsche; the text of the Keras example of character-level generation.",
        homepage="https://keras.io/examples/generative/lstm_character_level_text_generation/",
        expected={"bytes": 600_901, "distinct_lower_case": 57},
        note="UTF-8.",
    ),
    DataSet(
        name="tinyshakespeare",
        title="Tiny Shakespeare",
        version="char-rnn",
        filename="tinyshakespeare.txt",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        size_bytes=1_115_394,
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        licence="public domain",
        citation="A. Karpathy (2015). The Unreasonable Effectiveness of Recurrent Neural Networks. "
        "https://karpathy.github.io/2015/05/21/rnn-effectiveness/",
        homepage="https://github.com/karpathy/char-rnn",
        expected={"bytes": 1_115_394, "distinct": 65},
        note="ASCII; called input.txt at its official address.",
    ),
    DataSet(
        name="dogscats",
        title="Dogs vs Cats, full",
        version="fast.ai 2017",
        filename="dogscats.zip",
        url="https://files.fast.ai/data/dogscats.zip",
        size_bytes=857_214_334,
        sha256=None,
        licence="research and teaching; no open licence known",
        citation=_ELSON,
        homepage="https://www.kaggle.com/c/dogs-vs-cats",
        expected={
            "train_cats": 11_500,
            "train_dogs": 11_500,
            "valid_cats": 1_000,
            "valid_dogs": 1_000,
        },
        note="The photos may be looked at, not published.",
    ),
    DataSet(
        name="dogscats-sample",
        title="Dogs vs Cats, a sample",
        version="2,500 photos, shorter side 240 px",
        filename="dogscats-sample.zip",
        url=None,
        size_bytes=None,
        sha256=None,
        licence="research and teaching; no open licence known",
        citation=_ELSON,
        homepage="https://www.kaggle.com/c/dogs-vs-cats",
        expected={"train_cats": 1_000, "train_dogs": 1_000, "valid_cats": 250, "valid_dogs": 250},
        note="The layout of dogscats in small; it comes from a mirror only. "
        "The photos may be looked at, not published.",
    ),
    DataSet(
        name="squeezenet",
        title="SqueezeNet 1.1 weights (ImageNet)",
        version="keras-squeezenet 1.0, without top",
        filename="squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
        url="https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
        "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
        size_bytes=None,
        sha256=None,
        licence="MIT",
        citation="F. N. Iandola et al. (2016). SqueezeNet: AlexNet-level accuracy with 50x fewer "
        "parameters and <0.5MB model size. https://arxiv.org/abs/1602.07360",
        homepage="https://github.com/rcmalli/keras-squeezenet",
        expected={"convolutions": 25},
        note="Input 227 x 227, BGR, minus (103.939, 116.779, 123.68).",
    ),
    DataSet(
        name="vgg16",
        title="VGG16 weights (ImageNet)",
        version="Keras applications, with top",
        filename="vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        url=f"{_KERAS}/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        size_bytes=553_467_096,
        sha256=None,
        licence="CC BY 4.0",
        citation=_SIMONYAN,
        homepage="https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
        expected={"convolutions": 13, "dense": 3},
        note="Input 224 x 224, BGR, minus (103.939, 116.779, 123.68).",
    ),
    DataSet(
        name="vgg16-notop",
        title="VGG16 weights (ImageNet), without top",
        version="Keras applications, without top",
        filename="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        url=f"{_KERAS}/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        size_bytes=58_889_256,
        sha256=None,
        licence="CC BY 4.0",
        citation=_SIMONYAN,
        homepage="https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
        expected={"convolutions": 13, "dense": 0},
        note="Input 224 x 224, BGR, minus (103.939, 116.779, 123.68).",
    ),
)

REGISTRY: Mapping[str, DataSet] = MappingProxyType({dataset.name: dataset for dataset in _ALL})


def lookup(name: str) -> DataSet:
    """Finds a data set by its short name.

    Args:
        name: A key of `REGISTRY`.

    Returns:
        The data set.

    Raises:
        InputError: The name is unknown; the message lists the nearest ones.
    """
    if name in REGISTRY:
        return REGISTRY[name]
    nearest = difflib.get_close_matches(name.lower(), REGISTRY, n=3, cutoff=0.5)
    remedy = "did you mean " + " or ".join(nearest) if nearest else "known: " + ", ".join(REGISTRY)
    raise InputError(f"data set {name!r} is unknown; {remedy}? (python -m core data list)")


def get_command(dataset: DataSet) -> str:
    """The command line that brings a data set here."""
    mirror = "" if dataset.url else " --mirror DIR_OR_URL"
    return f"python -m core data get {dataset.name}{mirror}"


def check_counts(dataset: DataSet, found: Mapping[str, int]) -> None:
    """Compares what a reader counted with what the registry expects.

    Args:
        dataset: The set that was read.
        found: Counts by the names of `dataset.expected`; names that the registry does not know are
            ignored, names that a reader did not count are not compared.

    Raises:
        DataError: One or more counts differ; the message lists every one.
    """
    problems = [
        f"{found[key]:,} {key.replace('_', ' ')} instead of {count:,}"
        for key, count in dataset.expected.items()
        if key in found and found[key] != count
    ]
    if problems:
        raise DataError(
            f"{dataset.filename} is not {dataset.title} ({dataset.version}) as registered: it "
            f"has {', '.join(problems)}; delete the file and run: {get_command(dataset)}"
        )
