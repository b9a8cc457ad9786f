"""Files that are given at once become cases: a series is one, whatever lies between its files."""

from collections.abc import Iterable

import numpy as np
import pytest

from diagnosis.batch.given_case import Choice, GivenCase
from diagnosis.batch.grouping import GivenCases, grouped
from diagnosis.batch.uploads import items
from diagnosis.scans import Limits
from diagnosis.scans.apart.caller import Decoder
from diagnosis.scans.series import SeriesError
from tests.batch.test_uploads import Given
from tests.scan_files import dicom, grey_picture, png, written
from tests.series_files import AXIAL, Named, series, slice_file, zipped

PNG = png(grey_picture()[..., None])


def cases(named: Iterable[Named], limits: Limits | None = None) -> GivenCases:
    limits = limits or Limits()
    decoder = Decoder()
    try:
        return grouped(items([Given(*each) for each in named], limits), limits, decoder)
    finally:
        decoder.close()


def shown(case: GivenCase, choice: Choice | None = None) -> tuple[int, ...]:
    decoder = Decoder()
    try:
        return case.read(decoder, choice or Choice()).pixels.shape
    finally:
        decoder.close()


def test_the_slices_of_each_series_are_one_case_and_other_files_their_own() -> None:
    chest = series(range(0, 50, 5))
    head = series(range(0, 40, 4), SeriesInstanceUID="1.2.3.5", axes=AXIAL)
    mixed = [each for pair in zip(chest, head, strict=True) for each in pair]
    found = cases(
        [("a.png", PNG), *mixed, ("film.dcm", written(dicom(np.ones((6, 6), np.uint16))))]
    )
    assert [len(case.items) for case in found.cases] == [1, 10, 10, 1]
    assert [case.survey is None for case in found.cases] == [True, False, False, True]
    assert [shown(case)[0] for case in found.cases] == [1, 10, 10, 1]
    assert not found.said


def test_an_archive_of_one_series_is_one_case_with_what_lies_beside_it() -> None:
    packed = zipped(
        [*series(range(6)), ("DICOMDIR", b"no scan"), ("letter.txt", b"no scan either")]
    )
    (case,) = cases([("ct.zip", packed)]).cases
    arrangement = case.arranged()
    assert arrangement is not None
    assert [row.why for row in arrangement.table].count("unreadable") == 2
    assert [fault.code for fault in arrangement.faults] == ["unreadable"]
    assert shown(case) == (6, 8, 10, 1)


def test_two_series_and_a_letter_are_three_cases() -> None:
    found = cases([
        *series(range(4)), *series(range(4), SeriesInstanceUID="9"), ("letter.txt", b"no scan"),
    ])  # fmt: skip
    assert [len(case.items) for case in found.cases] == [4, 4, 1]


def test_a_faulty_series_stays_one_case_until_its_largest_part_is_asked_for() -> None:
    (case,) = cases(series([0, 1, 2, 3, 4, 7, 8])).cases
    with pytest.raises(SeriesError):
        shown(case)
    assert shown(case, Choice(largest=True))[0] == 5


def test_one_number_of_a_series_for_two_patients_is_one_faulty_case() -> None:
    (case,) = cases([*series(range(5)), *series(range(3), PatientID="other")]).cases
    arrangement = case.arranged()
    assert arrangement is not None and not arrangement.slices
    assert [fault.code for fault in arrangement.faults] == ["patients"]
    assert shown(case, Choice(part=2))[0] == 3


def test_pictures_of_one_series_without_a_place_are_a_case_each() -> None:
    views = [
        (
            f"{view}.dcm",
            written(dicom(np.ones((6, 6), np.uint16), SeriesInstanceUID="1", Modality="DX")),
        )
        for view in ("front", "side")
    ]
    assert len(cases(views).cases) == 2


def test_cases_are_counted_not_the_files_of_a_series() -> None:
    limits = Limits(files=2)
    many = [*series(range(7)), ("a.png", PNG), ("b.png", PNG)]
    found = cases(many, limits)
    assert [len(case.items) for case in found.cases] == [7, 1]
    (said,) = found.said
    assert "SCANLINE_MAX_FILES" in said and "1" in said


def test_a_single_slice_is_a_picture() -> None:
    (case,) = cases([("one.dcm", slice_file(3.0))]).cases
    assert case.survey is None and shown(case)[0] == 1
