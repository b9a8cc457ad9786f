"""The files that the page Models gives of a version."""

import json
import zipfile
from io import BytesIO

import pytest

from diagnosis.dashboard.models.export import card, exported
from diagnosis.models import store


@pytest.mark.long
def test_a_network_is_exported_by_a_process_of_its_own() -> None:
    folder = str(store.find("phantoms/gru").folder)
    file = exported(folder, "keras")
    assert {"config.json", "model.weights.h5"} <= set(zipfile.ZipFile(BytesIO(file)).namelist())
    assert exported(folder, "keras") is file  # not made again


def test_the_card_says_what_is_known_and_not_where_it_lies() -> None:
    version = store.find("phantoms/gru")
    known = json.loads(card(version))
    assert (known["model"], known["version"]) == (version.name, version.version)
    assert known["card"]["dataset"]["licence"] == version.card.dataset.licence
    assert known["config"]["units"] == list(version.config.units)
    assert str(version.folder.parent) not in card(version).decode()
