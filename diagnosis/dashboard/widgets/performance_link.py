"""The way from an answer to the page that says how often such answers are wrong."""

import streamlit as st

from diagnosis.dashboard.models.version_choice import in_address
from diagnosis.models.store import Version


def errors_link(version: Version) -> None:
    """Draw it: a link to the performance of this very version."""
    st.page_link(
        "pages/performance.py", label="How often it errs, and when",
        query_params={"model": version.name, "version": in_address(version)},
    )  # fmt: skip
