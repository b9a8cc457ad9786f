"""Gates: every gate of every layer at every row."""

import streamlit as st

from diagnosis.dashboard import shell

shell.begin("Gates", key="gates")
st.title("Gates")
