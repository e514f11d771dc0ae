"""Links: what they restore, refuse, hide, lock and share."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.text import plain

Probe = Callable[..., AppTest]
DEFAULTS = {
    "top_n": 15,
    "reg": 0.25,
    "years": [1950, 2000],
    "size": "medium",
    "film": "Heat",
    "axis": 1,
    "genres": ["Drama"],
    "titles": [],
    "names": False,
    "query": "",
    "count": 20,
}
LINK = {
    "probe_top_n": "7",
    "probe_reg": "0.5",
    "probe_years": ["1960", "1970"],
    "probe_size": "large",
    "probe_film": "$9.99",
    "probe_axis": "factor 2",
    "probe_genres": ["War", "Comedy"],
    "probe_titles": ["Heat"],
    "probe_names": "true",
    "probe_query": "abc",
    "probe_count": "33",
}
LINKED = {
    "top_n": 7,
    "reg": 0.5,
    "years": [1960, 1970],
    "size": "large",
    "film": "$9.99",
    "axis": 2,
    "genres": ["War", "Comedy"],
    "titles": ["Heat"],
    "names": True,
    "query": "abc",
    "count": 33,
}


def values(app: AppTest) -> dict[str, object]:
    assert not app.exception
    return json.loads(app.json[0].value)


def warning(app: AppTest) -> str:
    """The one warning of the page with its Markdown escapes taken out, or nothing."""
    assert len(app.warning) <= 1
    return app.warning[0].value.replace("\\", "") if app.warning else ""


def test_defaults_without_a_link(probe: Probe) -> None:
    app = probe()
    assert values(app) == DEFAULTS
    assert warning(app) == ""


def test_a_link_restores_every_kind_of_control(probe: Probe) -> None:
    app = probe(LINK)
    assert values(app) == LINKED
    assert warning(app) == ""


@pytest.mark.parametrize(
    ("name", "raw", "now"),
    [
        ("top_n", "500", 15),
        ("top_n", "abc", 15),
        ("top_n", "", 15),
        ("top_n", ["7", "8"], 15),
        ("top_n", "7.5", 7),
        ("reg", "inf", 0.25),
        ("reg", "-1", 0.25),
        ("years", "1960", [1950, 2000]),
        ("years", ["1", "5"], [1950, 2000]),
        ("years", ["1990", "1960"], [1960, 1990]),
        ("size", "huge", "medium"),
        ("film", "Nope", "Heat"),
        ("film", "<script>alert(1)</script>", "Heat"),
        ("axis", "9", 1),
        ("axis", "", 1),
        ("genres", ["War", "Nope"], ["War"]),
        ("genres", "Nope", ["Drama"]),
        ("titles", ["Heat", "Nope"], ["Heat"]),
        ("names", "banana", False),
        ("query", "x" * 300, "x" * 10),
        ("count", "inf", 20),
        ("count", "nan", 20),
        ("count", "1e400", 20),
        ("count", "-3", 20),
    ],
)
def test_nonsense_gives_one_sentence_and_a_usable_value(
    probe: Probe, name: str, raw: str | list[str], now: object
) -> None:
    app = probe({f"probe_{name}": raw})
    assert values(app) == DEFAULTS | {name: now}
    text = warning(app)
    assert text.startswith(f"The link sets {name} to “")
    assert "but it must be" in text
    assert len(text) < 300


def test_a_sentence_names_parameter_value_and_bounds(probe: Probe) -> None:
    assert warning(probe({"probe_top_n": "500"})) == (
        "The link sets top_n to “500”, but it must be a whole number from 5 to 50. It is now 15."
    )


def test_the_sentence_stays_until_the_visitor_acts(probe: Probe) -> None:
    app = probe({"probe_top_n": "500"}).run()
    assert "top_n" in warning(app)
    app.slider(key="probe_top_n").set_value(9).run()
    assert warning(app) == ""


def test_two_faults_share_one_warning(probe: Probe) -> None:
    text = warning(probe({"probe_top_n": "500", "probe_film": "Nope"}))
    assert "top_n" in text and "film" in text


def test_hidden_controls_keep_the_links_value(probe: Probe) -> None:
    app = probe({"hide": "top_n,film", "probe_top_n": "9"})
    assert values(app) == DEFAULTS | {"top_n": 9}
    with pytest.raises(KeyError):
        app.slider(key="probe_top_n")
    assert values(app.run())["top_n"] == 9


def test_a_hidden_control_refuses_nonsense(probe: Probe) -> None:
    app = probe({"hide": "top_n", "probe_top_n": "900"})
    assert values(app) == DEFAULTS
    assert "top_n" in warning(app)


def test_show_draws_only_the_named_controls(probe: Probe) -> None:
    app = probe({"show": "top_n"})
    assert [slider.key for slider in app.slider] == ["probe_top_n"]
    assert not app.selectbox
    assert values(app) == DEFAULTS


def test_lock_freezes_at_the_links_value(probe: Probe) -> None:
    app = probe({"lock": "top_n", "probe_top_n": "9"})
    assert app.slider(key="probe_top_n").disabled
    assert not app.slider(key="probe_reg").disabled
    assert values(app)["top_n"] == 9


@pytest.mark.parametrize("parameter", ["show", "hide", "lock"])
def test_an_unknown_name_is_named(probe: Probe, parameter: str) -> None:
    app = probe({parameter: "top_n,nope"})
    assert "nope" in warning(app) and "count" in warning(app)
    assert values(app) == DEFAULTS


@pytest.mark.parametrize(
    "query",
    [{}, {"lock": "top_n,film", "probe_top_n": "9"}, {"hide": "top_n,count", "probe_top_n": "9"}],
)
def test_experiments_set_shown_locked_and_hidden_controls(probe: Probe, query: dict) -> None:
    app = probe(query)
    app.button(key="probe-try-0").click().run()
    assert values(app) == DEFAULTS | {"top_n": 7, "film": "$9.99", "count": 3}
    app.toggle(key="probe_names").set_value(
        True
    ).run()  # a later run must not fall back to the link
    assert values(app) == DEFAULTS | {"top_n": 7, "film": "$9.99", "count": 3, "names": True}
    app.button(key="probe-try-1").click().run()
    assert values(app) == DEFAULTS


def try_it() -> None:
    """A page whose second control depends on the first, in one view of two."""
    import streamlit as st

    from dashboard import view_state
    from dashboard.components import experiments
    from dashboard.components.experiments import Try

    view = view_state.page("here")
    shown = view.segmented_control("view", "View", ("one", "two"), "one")
    net = view.selectbox("net", "Net", ("small", "large"), "small")
    values = {"view": shown, "net": net}
    if shown == "two":
        most = {"small": 5, "large": 9}[net]
        values["cell"] = view.number_input("cell", "Cell", 1, most, most)
        values["frozen"] = view.slider("frozen", "Frozen", 0, 9, 4)
        values["absent"] = view.slider("absent", "Absent", 0, 9, 4)
    st.json(values)
    view.on_opening(lambda: st.session_state.pop("note", None))
    experiments.draw(
        view,
        [
            ("two", {"view": "two"}),
            ("of large", {"view": "two", "net": "large"}),
            Try("on", {"view": "two"}, goes_on=True),
        ],
        kept=("net",),
        starts_again=True,
    )


@pytest.fixture
def tries() -> AppTest:
    app = AppTest.from_function(try_it)
    app.query_params.update(
        {"lock": "frozen", "hide": "absent", "here_frozen": "7", "here_absent": "8"}
    )
    return app.run()


def clicked(app: AppTest, label: str) -> dict[str, object]:
    next(button for button in app.button if button.label == label).click().run()
    return values(app)


LINKS = {"frozen": 7, "absent": 8}  # what the link locks and hides stays as it says


def test_an_experiment_begins_where_the_page_opens(tries: AppTest) -> None:
    opened = {"view": "two", "net": "small", "cell": 5, **LINKS}
    assert clicked(tries, "two") == opened
    tries.number_input(key="here_cell").set_value(2.0).run()
    assert clicked(tries, "two") == opened
    tries.number_input(key="here_cell").set_value(2.0).run()
    tries.segmented_control(key="here_view").set_value("one").run()  # its control is not drawn
    assert clicked(tries, "two") == opened
    tries.number_input(key="here_cell").set_value(2.0).run()
    assert clicked(tries, "on") == opened | {"cell": 2}


def test_what_an_experiment_sets_of_what_is_kept_lasts_until_the_next(tries: AppTest) -> None:
    large = {"view": "two", "net": "large", "cell": 9, **LINKS}  # the default is the large net's
    assert clicked(tries, "of large") == large
    assert clicked(tries, "two") == large | {"net": "small", "cell": 5}
    tries.selectbox(key="here_net").set_value("large").run()  # the visitor's choice
    assert clicked(tries, "two") == large
    assert clicked(tries, "of large") == large
    assert clicked(tries, "two") == large
    clicked(tries, "of large")
    tries.selectbox(key="here_net").set_value("small").run()
    assert clicked(tries, "two") == large | {"net": "small", "cell": 5}


def test_start_again_sets_everything_that_the_link_leaves_open(tries: AppTest) -> None:
    tries.session_state["note"] = 1
    tries.selectbox(key="here_net").set_value("large").run()
    clicked(tries, "two")
    tries.number_input(key="here_cell").set_value(2.0).run()
    assert clicked(tries, "Start again") == {"view": "one", "net": "small"}
    assert clicked(tries, "two") == {"view": "two", "net": "small", "cell": 5, **LINKS}
    assert "note" not in tries.session_state


def test_the_notice_is_about_the_link_only(tries: AppTest) -> None:
    app = AppTest.from_function(try_it)
    app.query_params.update({"here_view": "two", "here_net": "large", "here_cell": "9"})
    app.run()
    assert values(app)["cell"] == 9 and warning(app) == ""
    app.selectbox(key="here_net").set_value("small").run()  # which has no cell 9
    assert values(app)["cell"] <= 5 and warning(app) == ""


def test_the_shared_link_writes_defaults_too_and_restores_the_view(probe: Probe) -> None:
    link = probe({"probe_film": "M*A*S*H"}).code[0].value
    query = parse_qs(urlsplit(link).query, keep_blank_values=True)
    assert query["v"] == ["1"]
    assert {f"probe_{name}" for name in DEFAULTS} <= set(query)
    assert "show" not in query and "lock" not in query
    assert values(probe(query)) == DEFAULTS | {"film": "M*A*S*H"}


def test_the_shared_link_carries_the_tick_lists(probe: Probe) -> None:
    app = probe()
    app.button_group(key="probe-share-shown").set_value(["top_n", "film"])
    app.button_group(key="probe-share-locked").set_value(["film"]).run()
    link, embedded = (block.value for block in app.code)
    assert "show=top_n,film" in link and "lock=film" in link
    assert "embed=true" not in link and embedded.endswith("embed=true")
    restored = probe(parse_qs(urlsplit(link).query, keep_blank_values=True))
    assert [slider.key for slider in restored.slider] == ["probe_top_n"]
    assert restored.selectbox(key="probe_film").disabled


def test_present_comes_from_the_link(probe: Probe) -> None:
    app = probe({"present": "true"})
    assert app.toggle(key="present").value is True
    assert "present=true" in app.code[0].value
    assert "present" in warning(probe({"present": "banana"}))


def test_a_link_of_another_version_says_so(probe: Probe) -> None:
    assert "version 7" in warning(probe({"v": "7"}))
    assert warning(probe({"v": "1"})) == ""


@pytest.mark.parametrize(
    "text", ["M*A*S*H", "$9.99 and $5", "_x_", "[a](b)", "<b>", "# f", ":red[x]"]
)
def test_plain_leaves_no_markdown_mark_alone(text: str) -> None:
    escaped = plain(text)
    assert escaped.replace("\\", "") == text
    marks = [i for i, letter in enumerate(escaped) if letter in "*_$[]()<>#:"]
    assert marks and all(escaped[i - 1] == "\\" for i in marks)


def test_plain_breaks_emoji_names_and_lines() -> None:
    assert "\n" not in plain("a\n# b")
    assert ":smile" not in plain(":smile:")
