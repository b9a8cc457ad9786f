"""Cards: read and written as they are, and rejected where they are not whole."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diagnosis.core.population import Population
from diagnosis.models import store
from diagnosis.models.card import ModelCard, TrainingFacts
from diagnosis.models.store import ModelError, Version
from diagnosis.training.config import TrainingConfig

CARDS = sorted(store.SHIPPED.rglob(store.CARD))


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(CARDS[0].read_text())
    return document


def test_every_shipped_card_is_written_as_it_was_read() -> None:
    assert len(CARDS) > 20
    for path in CARDS:
        text = path.read_text()
        assert json.dumps(ModelCard.from_json(json.loads(text)).to_json()) == json.dumps(
            json.loads(text)
        )


def test_a_card_has_every_field_of_the_recipe() -> None:
    needed = {name for name, field in TrainingFacts.model_fields.items() if field.is_required()}
    assert needed <= set(_document()["training"])
    training = Version(CARDS[0].parent).card.training
    assert TrainingConfig.model_fields.keys() <= type(training).model_fields.keys()


def test_numbers_that_do_not_exist_are_null_in_json() -> None:
    document = _document()
    document["metrics"]["test"]["auc"] |= {"estimate": None, "lower": None, "upper": None}
    document["abstention"]["limit"] = None
    document["training"]["history"]["loss"][-1] = None
    document["training"]["augmentation"] = None
    document["dataset"]["population"] = Population(words="knees", ages=(1, 5)).to_json()
    card = ModelCard.from_json(document)
    assert math.isnan(card.metrics.test.estimates["auc"].estimate)
    assert math.isnan(card.training.history["loss"][-1])
    assert card.dataset.population == Population(words="knees", ages=(1, 5))
    assert card.to_json() == document


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda card: card.pop("weights_sha256"), "weights_sha256"),
        (lambda card: card["dataset"].pop("name"), r"dataset\.name"),
        (lambda card: card["training"].update(seed="one"), r"training\.seed"),
        (lambda card: card["metrics"]["val"].pop("n"), r"metrics\.val\.n"),
        (lambda card: card["metrics"]["test"].update(auc=0.9), r"metrics\.test\.estimates\.auc"),
        (lambda card: card.update(created="yesterday"), "created"),
        (lambda card: card.update(colour="red"), "colour"),
    ],
)
def test_a_field_that_is_missing_unknown_or_wrong_is_named(
    change: Callable[[dict[str, Any]], object], field: str, tmp_path: Path
) -> None:
    document = _document()
    change(document)
    (tmp_path / store.CARD).write_text(json.dumps(document))
    with pytest.raises(ModelError, match=rf"no complete card\.json \({field} "):
        _ = Version(tmp_path).card


def test_a_card_is_frozen() -> None:
    card = Version(CARDS[0].parent).card
    for part, name in ((card, "threshold"), (card.training, "seed"), (card.metrics.test, "n")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(part, name, 1)
