"""Compare: several networks on one case, side by side."""

import streamlit as st

from diagnosis.dashboard import shell

shell.begin("Compare", key="compare")
st.title("Compare")
