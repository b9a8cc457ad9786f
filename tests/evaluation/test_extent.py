"""What the extent of a record alone reaches."""

import numpy as np

from diagnosis.evaluation.extent import extent, extent_auc
from tests.record_cases import records, toy


def test_extent_is_age_number_of_events_and_hours() -> None:
    found = extent(toy().images["train"], toy().codes)
    for row, record in zip(found, records(160, 1), strict=True):
        hours = (record.minutes[-1] - record.minutes[0]) / 60
        np.testing.assert_allclose(row, [record.facts["Age"], len(record), hours], rtol=1e-3)


def test_a_record_of_facts_alone_has_no_hours_and_no_age_is_no_fault() -> None:
    example = toy().images["train"][:2].copy()
    example[0, 1:] = 0
    found = extent(example, ("other",) * len(toy().codes))
    assert np.isnan(found[:, 0]).all() and found[0].tolist()[1:] == [0, 0]


def test_a_leak_by_the_number_of_events_is_found() -> None:
    rng = np.random.default_rng(1)
    labels = rng.random(400) < 0.3
    features = np.column_stack(
        [np.full(400, np.nan), rng.normal(5, 1, 400) + 3 * labels, labels * 0.0]
    )
    assert extent_auc(features[:200], labels[:200], features[200:], labels[200:]).estimate > 0.9
    assert (
        extent_auc(features[:200] * [1, 0, 1], labels[:200], features[200:], labels[200:]).estimate
        == 0.5
    )
