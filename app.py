"""What one runs, ``streamlit run app.py``: it is imported once, to serve the pages, and run for each view."""

if __name__ == "__main__":
    from diagnosis.dashboard.home.page import home

    home()
else:
    import streamlit as st
    from starlette.middleware import Middleware

    from diagnosis.dashboard.shell.document import Document
    from diagnosis.dashboard.shell.serving import Guard, prepare

    prepare()
    app = st.App(__file__, middleware=[Middleware(Guard), Middleware(Document)])
