"""Patient records: tables of events with a time, a code and a value. No Streamlit, no model."""
