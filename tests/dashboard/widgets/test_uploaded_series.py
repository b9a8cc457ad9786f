"""A series on a page: what can be read of it is offered, and nothing of it is lost."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.batch.uploads import LIST
from diagnosis.dashboard.read.worklist import Worklist
from diagnosis.dashboard.widgets.opened import OPENED, STOPPED, Opened
from diagnosis.dashboard.widgets.uploaded_case import GIVEN
from tests.batch.test_uploads import Given
from tests.dashboard.test_pages import OPENED_WITHIN_S
from tests.dashboard.test_pages import opened as page_opened
from tests.scan_files import grey_picture, nifti, png
from tests.series_files import Named, series, zipped


def given(*named: Named, model: str = "phantoms/lstm", **query: str) -> AppTest:
    """The uploader after files were given; the case that it returns is written down."""

    def script(name: str) -> None:
        import streamlit as st

        from diagnosis.dashboard.shell import address
        from diagnosis.dashboard.widgets.uploaded_case import uploaded_case
        from diagnosis.models import store

        address.begin()
        version = store.find(name)
        case = uploaded_case(version, version.config)
        if case is not None:
            st.text(f"{case.scan.frames} {case.key} {case.selection.number}")

    app = AppTest.from_function(script, args=(model,), default_timeout=OPENED_WITHIN_S)
    for name, value in query.items():
        app.query_params[name] = value
    give(app, *named)
    return app


def give(app: AppTest, *named: Named) -> None:
    app.session_state[GIVEN] = [Given(*each) for each in named]
    app.run()
    assert not app.exception, app.exception


def opened(app: AppTest) -> Opened:
    found: Opened = app.session_state[OPENED]
    return found


def buttons(app: AppTest) -> set[str]:
    return {str(each.key) for each in app.button}


def tables(app: AppTest) -> Any:
    (table,) = app.dataframe
    return table.value


REAL = [
    ("ct_chest.zip", 20, 20),
    ("ct_head_tilt.zip", 0, 14),
    ("mr_fmri_4d.zip", 15, 15),
    ("odd/enhanced_philips_64f.dcm", 32, 32),
    ("odd/enhanced_siemens_fmri_4x6f.zip", 6, 6),
    ("odd/enhanced_philips_fmri_32f.dcm", 8, 8),
    ("odd/enhanced_hyperfine_8f.dcm", 8, 8),
    ("odd/two_orientations_4.zip", 0, 2),
    ("odd/dti_ge_8.zip", 4, 4),
    ("odd/jpeg2000_4.zip", 4, 4),
    ("odd/jpegls_4.zip", 4, 4),
    ("odd/jpeg_lossless_4.zip", 4, 4),
    ("odd/rle_4.zip", 4, 4),
    ("odd/hitachi_oblique_4.zip", 4, 4),
    ("odd/rgb_4.zip", 4, 4),
    ("odd/mosaic_siemens_2.zip", 0, 0),
]


@pytest.mark.parametrize(("name", "at_once", "at_last"), REAL)
def test_every_real_series_is_opened_or_says_what_can_be(
    real_data: Path, name: str, at_once: int, at_last: int
) -> None:
    app = given((name, (real_data / "dicom" / name).read_bytes()))
    assert (OPENED in app.session_state) == bool(at_once)
    assert (STOPPED in app.session_state) == (not at_once)
    if not at_once:
        assert app.error and "series-close" in buttons(app)
        assert ("series-largest" in buttons(app)) == bool(at_last)
        assert tables(app)["Slice"].isna().all()
        if not at_last:
            return
        app.button(key="series-largest").click().run()
        assert not app.exception and not app.error
    assert opened(app).scan.frames == at_last


def test_one_series_opens_as_one_case_with_its_files() -> None:
    app = given(*reversed(series(range(0, 50, 5))))
    assert opened(app).scan.frames == 10 and "close-scan" in buttons(app)
    table = tables(app)
    assert table["Slice"].tolist() == list(range(10, 0, -1))
    assert table["Position (mm)"].tolist() == list(range(45, -5, -5))
    assert "Name" not in table
    app.toggle(key="series-open-names").set_value(True).run()
    assert tables(app)["Name"].tolist()[0] == "010.dcm"


def test_what_is_wrong_is_said_and_what_was_open_stays_open() -> None:
    app = given(*series(range(4)))
    give(app, ("gap.zip", zipped(series([0, 1, 2, 5, 6, 7, 8]))))
    (said,) = [each.value for each in app.error]
    assert "2 to 5 mm" in said and "files 3, 4" not in said
    assert opened(app).scan.frames == 4
    app.button(key="series-close").click().run()
    assert not app.error and opened(app).scan.frames == 4


@pytest.mark.parametrize(("part", "frames"), [(1, 6), (2, 4)])
def test_a_part_of_several_is_chosen(part: int, frames: int) -> None:
    other = series(range(4), PatientID="other")
    app = given(*series(range(6)), *other)
    box = app.selectbox[0]
    assert len(box.options) == 2
    box.select_index(part - 1).run()
    assert not app.exception and opened(app).scan.frames == frames
    app.selectbox[0].select_index(2 - part).run()  # and the other one from there
    assert opened(app).scan.frames == 10 - frames


def test_a_time_point_is_chosen_of_a_series_and_of_a_nifti() -> None:
    import numpy as np

    def times() -> Iterable[Named]:
        for time in (1, 2, 3):
            for name, data in series(range(4), AcquisitionNumber=time, grey=100 * time):
                yield f"{time}-{name}", data

    voxels = np.stack([np.full((6, 5, 4), 9 * time, np.int16) for time in (1, 2, 3)], axis=-1)
    voxels[0, 0] = 0
    for named in (list(times()), [("a.nii", nifti(voxels))]):
        app = given(*named)
        first = opened(app).scan
        assert (first.times, first.time) == (3, 1)
        case = app.text[0].value
        app.slider[0].set_value(3).run()
        assert opened(app).scan.time == 3
        assert opened(app).scan.pixels.max() > first.pixels.max()
        assert app.text[0].value != case


def test_the_reading_axis_is_chosen_shown_and_in_the_address() -> None:
    app = given(*series(range(6)), axis="coronal")
    assert opened(app).scan.frames == 6
    assert app.text[0].value.startswith("8 ")  # lines of a slice
    assert any("back" in each.value for each in app.caption)
    (choice,) = [each for each in app.button_group if str(each.key).startswith("axis-")]
    assert app.query_params["axis"] in ("coronal", ["coronal"])
    choice.set_value("axial").run()
    assert app.text[0].value.startswith("6 ")
    assert any("feet" in each.value for each in app.caption)


def test_several_cases_where_one_is_read_are_sent_to_the_page_that_lists_them() -> None:
    app = given(*series(range(4)), *series(range(4), SeriesInstanceUID="9"))
    assert app.warning and OPENED not in app.session_state


def test_the_page_read_lists_series_and_pictures_a_line_each_and_opens_the_pressed_one() -> None:
    app = page_opened("read", {"task": "phantoms", "model": "lstm", "source": "upload"})
    picture = png(grey_picture()[..., None])
    give(app, *series(range(6)), ("a.png", picture), *series([0, 1, 5], SeriesInstanceUID="9"))
    (table,) = [each.value for each in app.dataframe if "Case" in each.value]
    assert table["Files"].tolist() == [6, 1, 3] and OPENED not in app.session_state
    listed: Worklist = app.session_state[LIST]
    for case, frames in zip(listed.found.cases, (6, 1, None), strict=True):
        listed.pressed = case
        app.run()
        assert not app.exception
        if frames is None:
            assert app.session_state[STOPPED].case is case
        else:
            assert opened(app).scan.frames == frames
    give(app, ("a.png", picture))  # a single case ends the list
    assert LIST not in app.session_state and opened(app).scan.frames == 1
