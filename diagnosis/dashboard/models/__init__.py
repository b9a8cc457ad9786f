"""Page Models: a version's card, candidates, promotion, archiving, history and roll-back."""
