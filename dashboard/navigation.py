"""The pages of the app in the order of the menu, read by the menu and by the Overview."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One page of the app."""

    script: str  # path below dashboard/
    title: str  # as the menu says it
    url_path: str  # unique among all pages; "" is the first page
    icon: str
    question: str = ""  # what the page answers, for its card on the Overview


PAGES: dict[str, tuple[Entry, ...]] = {
    "": (Entry("app_pages/overview.py", "Overview", "", ":material/home:"),),
}
