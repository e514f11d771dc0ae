"""The command line as scripts call it: exit status, standard output, one line on standard error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core import commands
from core.__main__ import build_parser, main
from core.bundle import load_bundle, save_bundle
from tests.core.movies.samples import movie_bundle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return str(save_bundle(movie_bundle(), tmp_path_factory.mktemp("assets") / "movies-bias"))


def ask(capsys, *arguments):
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("way", ["top", "bottom"])
def test_rankings_are_sorted_tables(capsys, bundle, way):
    status, out, _ = ask(capsys, "movies", way, "--n", "4", "--bundle", bundle)
    header, *rows = out.splitlines()
    biases = [float(row.split()[0]) for row in rows]
    assert status == 0 and "bias" in header and len(rows) == 4
    assert biases == sorted(biases, reverse=way == "top")
    status, out, _ = ask(capsys, "movies", way, "--n", "4", "--bundle", bundle, "--json")
    films = json.loads(out.splitlines()[-1])["films"]
    assert [round(film["bias"], 3) for film in films] == biases


def test_a_prediction_is_the_sum_of_its_parts(capsys, bundle):
    for who in (
        ["--rater", "Likes space operas"],
        ["--rated", "The Film 5=4.5", "--rated", "film 6, the=1"],
    ):
        status, out, _ = ask(
            capsys, "movies", "predict", "the film 7", *who, "--bundle", bundle, "--json"
        )
        report = json.loads(out)
        assert status == 0
        assert sum(part["stars"] for part in report["parts"]) == pytest.approx(report["prediction"])
        status, out, _ = ask(capsys, "movies", "predict", "the film 7", *who, "--bundle", bundle)
        assert "The Film 7 (1957)" in out.splitlines()[-1]


def test_similar_films_are_listed(capsys, bundle):
    status, out, _ = ask(capsys, "movies", "similar", "The Film 7", "--n", "3", "--bundle", bundle)
    assert status == 0 and len(out.splitlines()) == 4
    assert out.splitlines()[0].endswith("to The Film 7 (1957)")
    status, out, _ = ask(capsys, "movies", "similar", "film 7, the", "--bundle", bundle, "--json")
    assert json.loads(out)["film"] == "The Film 7 (1957)"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["movies", "similar", "no such thing"], 2, "should be a film of this data set"),
        (["movies", "top", "--n", "0"], 2, "--n (0) should be at least 1"),
        (["movies", "top", "--genre", "Western"], 2, "genre (Western) should be one of"),
        (["movies", "predict", "The Film 7", "--rater", "me"], 2, "rater (me) should be one of"),
        (["movies", "predict", "The Film 7", "--rated", "x"], 2, "should be"),
        (["movies", "predict", "The Film 7", "--rated", "The Film 5=many"], 2, "TITLE=STARS"),
        (["movies", "predict", "The Film 7", "--rated", "The Film 5=9"], 2, "stars should be from"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, bundle, arguments, status, message):
    got, out, err = ask(capsys, *arguments, "--bundle", bundle)
    assert got == status and not out
    assert message in err and err.startswith("error: ") and err.count("\n") == 1


def test_a_missing_bundle_names_the_command(capsys, tmp_path):
    status, _, err = ask(capsys, "movies", "top", "--bundle", str(tmp_path / "none"))
    assert status == 1 and "python -m core train movies" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--preset", "nope"],
        ["--seeds", "0"],
        ["--seed", "-1"],
        ["--epochs", "0"],
        ["--devices", "7"],
        ["--data", "nietzsche"],
    ],
)
def test_training_refuses_bad_options(capsys, mirror, tmp_path, arguments):
    places = ["--mirror", str(mirror), "--data-dir", str(tmp_path), "--out", str(tmp_path / "b")]
    status, out, err = ask(capsys, "train", "movies", *places, *arguments)
    assert status == 2 and "should be" in err.splitlines()[-1] and not out
    assert not (tmp_path / "b").exists()


def test_an_out_folder_with_other_files_is_left_alone(capsys, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    status, _, err = ask(capsys, "train", "movies", "--out", str(tmp_path))
    assert status == 2 and "is no bundle" in err and (tmp_path / "thesis.txt").exists()


def test_train_then_evaluate_then_ask(capsys, mirror, tmp_path):
    places = ["--mirror", str(mirror), "--data-dir", str(tmp_path / "data")]
    out_folder = str(tmp_path / "b")
    status, out, _ = ask(
        capsys, "train", "movies", *places, "--out", out_folder, "--epochs", "4", "--json"
    )
    report = json.loads(out.splitlines()[-1])
    assert status == 0 and report["metrics"]["val_mse"] < 0.80
    assert report["seconds"] > 0 and report["device"]
    assert [path.name for path in tmp_path.iterdir() if "checkpoints" in path.name] == []
    recorded = load_bundle(out_folder).metrics["val_mse"]
    assert recorded["per_seed"] == [report["metrics"]["val_mse"]]

    status, out, _ = ask(capsys, "evaluate", out_folder, *places, "--json")
    metrics = json.loads(out.splitlines()[-1])["metrics"]
    assert status == 0 and set(metrics) == {"val_mse", "shipped_mse"}
    for measured in metrics.values():
        assert measured["measured"] == pytest.approx(measured["recorded"], abs=5e-4)

    status, out, _ = ask(capsys, "movies", "bottom", "--n", "15", "--bundle", out_folder)
    assert status == 0 and "Battlefield Earth (2000)" in out

    asked = ["movies", "predict", "Heat (1995)", "--bundle", out_folder, *places, "--json"]
    status, out, _ = ask(capsys, *asked, "--user", "1")
    report = json.loads(out)
    assert status == 0
    assert sum(part["stars"] for part in report["parts"]) == pytest.approx(report["prediction"])
    status, _, err = ask(capsys, *asked, "--user", "672")
    assert status == 2 and "user (672) should be a user id of ml-latest-small-2016" in err

    status, _, err = ask(capsys, "evaluate", out_folder, *places, "--data", "ml-100k")
    assert status == 2 and "has 943 users" in err


def test_folds_and_figures_only(capsys, mirror, tmp_path):
    places = ["--mirror", str(mirror), "--data-dir", str(tmp_path / "data")]
    out_folder = str(tmp_path / "b")
    options = ["--data", "ml-100k", "--folds", "2", "--epochs", "2", "--figures-only", "--json"]
    status, out, _ = ask(capsys, "train", "movies", *places, "--out", out_folder, *options)
    assert status == 0
    bundle = load_bundle(out_folder)
    assert not bundle.arrays and not bundle.tables  # no film of this data set is passed on
    errors = bundle.metrics["val_mse"]["per_seed"]
    assert len(errors) == 2 and json.loads(out)["metrics"]["per_seed"] == errors
    assert "2 contiguous folds" in bundle.metrics["val_rmse"]["protocol"]
    status, out, _ = ask(capsys, "evaluate", out_folder, *places, "--json")
    again = json.loads(out.splitlines()[-1])["metrics"]
    assert status == 0 and set(again) == {"val_mse"}
    assert again["val_mse"]["measured"] == pytest.approx(errors[0], abs=1e-6)


def test_presets_are_listed(capsys):
    status, out, _ = ask(capsys, "train", "movies", "--list")
    assert status == 0 and {"bias", "best", "lesson-net"} <= {
        row.split()[0] for row in out.splitlines()
    }


def test_a_benchmark_of_no_topic_is_refused(capsys):
    status, _, err = ask(capsys, "bench", "astrology")
    assert status == 2 and "should be one of batchnorm" in err


def test_every_benchmark_is_listed_under_its_topic():
    listed = {name: topic for topic, names in commands.BENCHMARKS.items() for name in names}
    assert sorted(listed) == sorted(path.name for path in commands.BENCHMARKS_FOLDER.glob("*.py"))
    assert all(name.startswith(f"{topic}_") for name, topic in listed.items())


def test_benchmarks_run_from_where_they_live_whatever_folder_one_stands_in(
    capsys, tmp_path, monkeypatch
):
    for place, name in enumerate(commands.BENCHMARKS["movies"]):
        (tmp_path / name).write_text(f"open({str(tmp_path)!r} + '/{place}', 'w')\n")
    monkeypatch.setattr(commands, "BENCHMARKS_FOLDER", tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    status, _, err = ask(capsys, "bench", "movies")
    assert (status, err.splitlines()) == (0, ["movies_speed", "movies_scale"])
    assert (tmp_path / "0").exists() and (tmp_path / "1").exists()
    (tmp_path / "movies_speed.py").write_text("raise SystemExit(3)\n")
    status, _, err = ask(capsys, "bench", "movies")
    assert status == 1 and "the benchmark movies_speed failed" in err.splitlines()[-1]


def leaves(parser, path=()):
    actions = [a for a in parser._actions if hasattr(a, "choices") and isinstance(a.choices, dict)]
    if not actions:
        yield path, parser
    for action in actions:
        for name, child in action.choices.items():
            yield from leaves(child, (*path, name))


def test_every_command_has_help_and_a_function(capsys):
    found = dict(leaves(build_parser()))
    assert ("train", "movies") in found and ("data", "get") in found
    for path, parser in found.items():
        assert parser.get_default("run") is not None, path
        with pytest.raises(SystemExit) as stopped:
            main([*path, "--help"])
        assert stopped.value.code == 0
        assert "usage: python -m core" in capsys.readouterr().out


def test_asking_does_not_import_jax():
    """A question to a trained model must not wait seconds for a compiler."""
    script = (
        "import sys; from core.__main__ import main; "
        f"main(['movies', 'top', '--bundle', {str(ROOT / 'assets' / 'movies-bias')!r}]); "
        "assert 'jax' not in sys.modules, 'jax'"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Shawshank" in done.stdout


def test_a_closed_pipe_is_no_traceback():
    script = f"{sys.executable} -m core movies top --n 2000 | head -n 1"
    done = subprocess.run(script, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
