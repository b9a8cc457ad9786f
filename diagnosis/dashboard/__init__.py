"""The dashboard's frame: the only place under ``diagnosis`` that imports Streamlit."""
