"""A button's setting and an answer of the browser that was under way when it was clicked."""

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from dashboard import control_setting
from dashboard.link_values import Number


def script() -> None:
    import streamlit as st

    from dashboard import control_setting, view_state

    view = view_state.page("here")
    view.slider("shown", "Shown", 0, 10, 8)
    value = view.slider("hidden", "Hidden", 0, 10, 8)
    st.text(f"hidden {value}")
    st.button("set", on_click=view.set, kwargs={"shown": 1, "hidden": 2})
    settings = control_setting.settings()
    for n_seen in (0, 1):
        st.button(f"told {n_seen}", on_click=settings.outlast, args=(n_seen,))
    st.text(f"settings {settings.n}")


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(script)
    app.query_params["hide"] = "hidden"
    return app.run()


def button(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click()


def texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def test_a_setting_is_counted(app: AppTest) -> None:
    assert texts(app) == ["hidden 8", "settings 0"]
    app = button(app, "set").run()
    assert app.slider[0].value == 1
    assert texts(app) == ["hidden 2", "settings 1"]


@pytest.mark.parametrize(("told", "shown", "hidden"), [("told 0", 1, 2), ("told 1", 8, 8)])
def test_only_what_the_browser_had_not_seen_is_set_again(
    app: AppTest, told: str, shown: int, hidden: int
) -> None:
    app = button(app, "set").run()
    app.slider[0].set_value(8)
    app.query_params["here_hidden"] = "8"
    app = button(app, told).run()
    assert app.slider[0].value == shown
    assert texts(app) == [f"hidden {hidden}", "settings 1"]


def test_before_the_first_setting_nothing_is_set(app: AppTest) -> None:
    app.slider[0].set_value(5)
    app = button(app, "told 0").run()
    assert app.slider[0].value == 5


def test_a_setting_that_was_interrupted_is_made_up_for(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.session_state["settings-by-buttons"]
    with monkeypatch.context() as patch:
        patch.setattr(control_setting.Settings, "_put", interrupt)
        with pytest.raises(StopException):
            settings.apply(
                [(control(name), value) for name, value in (("shown", 3), ("hidden", 4))]
            )
    app = app.run()
    assert app.slider[0].value == 3
    assert texts(app) == ["hidden 4", "settings 1"]
    app.slider[0].set_value(7)
    assert app.run().slider[0].value == 7


def interrupt(*_: object) -> None:
    raise StopException


def control(name: str) -> control_setting.Control:
    rule = Number(0, 10, whole=True)
    return control_setting.Control(name, name, f"here_{name}", rule, 8, name == "shown", False)


def writing() -> None:
    """Controls whose values the page itself writes in each run."""
    import streamlit as st

    from dashboard import control_setting, view_state

    view = view_state.page("writing")
    control_setting.put("text", "a beginning")
    st.text_area("Text", key="text")
    view.selectbox("word", "Word", ["one", "two"], "one", meant=lambda text: "two")


def test_a_value_goes_to_the_browser_only_where_it_changes() -> None:
    """There it takes the place of what the visitor has typed since the run began."""
    app = AppTest.from_function(writing).run()
    assert not app.exception
    assert app.text_area[0].proto.set_value  # it begins with it
    app.run()
    assert app.text_area[0].value == "a beginning" and app.selectbox[0].value == "one"
    assert not app.text_area[0].proto.set_value and not app.selectbox[0].proto.set_value
