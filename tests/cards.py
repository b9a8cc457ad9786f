"""Cards for tests that save models: that of the shipped phantom LSTM, with changes."""

from typing import Any

from diagnosis.models import store
from diagnosis.models.card import CardContents

SAVED = ("model", "version", "weights_sha256", "predictions", "ood", "abstention")


def contents(**changes: Any) -> CardContents:
    """A card as training gives it to ``store.save``; ``changes`` replace fields of its JSON."""
    card = store.find("phantoms/lstm").card.to_json()
    return CardContents.from_json(
        {name: value for name, value in card.items() if name not in SAVED} | changes
    )
