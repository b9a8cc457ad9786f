"""Model versions that wait for a decision, and the decisions: promote, archive, roll back."""
