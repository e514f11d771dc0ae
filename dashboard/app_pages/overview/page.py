"""Overview: what the lab is, the ways in, and the ledger of the lesson's numbers beside ours."""

import streamlit as st

from dashboard import resources
from dashboard.components import ledger, page
from dashboard.navigation import PAGES

page.header(
    "What has a model learned?",
    "Latent Lab lets you explore models of films, words and reviews that were trained again, from "
    "scratch, on real data: move a control, and see what they know.",
)

entries = [entry for topic in PAGES.values() for entry in topic if entry.url_path]
if entries:
    with st.grid(min_column_width=300):
        for entry in entries:
            with st.container(border=True, height="stretch"):
                st.page_link(entry.script, label=f"**{entry.title}**", icon=entry.icon)
                st.markdown(entry.question)

st.header("The ledger", anchor="ledger")
st.markdown(
    "Every number of the lesson beside what this lab measured. Ours are means over several splits, "
    "with their standard deviation; a bundle in the assets folder records each of them."
)
st.html(ledger.STYLE)
measured, waiting = [], []
for topic in resources.lesson()["topics"]:
    lines = [ledger.line(row, resources.manifest(row["bundle"])) for row in topic["rows"]]
    is_measured = any(line.verdict is not ledger.NOT_MEASURED for line in lines)
    (measured if is_measured else waiting).append((topic, lines))
for topic, lines in measured:
    beside = topic.get("beside", "Lesson")
    st.html(ledger.table(topic["title"], topic["measure"], lines, beside=beside))
    with page.details(
        f"{beside}: how it measured, and what to mind ({page.plain(topic['title'])})"
    ):
        st.markdown(f"**{beside}.** {page.plain(topic['protocol'])}.")
        st.markdown("\n".join(f"- {page.plain(point)}" for point in topic["off"]))
if waiting:
    st.subheader("Not measured yet", anchor=False)
    for topic, lines in waiting:
        with st.expander(
            f"{topic['title']}: {topic['measure'].lower()}", icon=":material/pending:"
        ):
            if lines:
                st.html(ledger.table(topic["title"], topic["measure"], lines))
            st.markdown(f"**The lesson.** {page.plain(topic['protocol'])}.")
            st.markdown("\n".join(f"- {page.plain(point)}" for point in topic["off"]))
st.caption(f"The lesson: {page.plain(resources.lesson()['source'])}.")
