"""Arrays in, Plotly figures out. No Streamlit, no Keras."""
