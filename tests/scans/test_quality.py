"""Every property that makes a scan unfit is found, with a reason; good scans are green."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cases import Example
from diagnosis.core.reason import Reason
from diagnosis.scans import Quality, assess, read_scan, read_scan_file
from diagnosis.text.quality import quality_sentence
from tests.scan_files import grey_picture, nifti, saved

GREY = grey_picture()


def quality(pixels: np.ndarray, *, expects_grey: bool = True) -> Quality:
    found = assess(read_scan(saved(Image.fromarray(pixels), "PNG")), expects_grey=expects_grey)
    assert all(quality_sentence(reason).endswith(".") for reason in found.reasons)
    return found


def test_a_good_picture_is_green_without_reasons() -> None:
    assert quality(GREY) == Quality("green", (), modality_known=False)


@pytest.mark.parametrize("value", [0, 90, 255])
def test_blank_is_red(value: int) -> None:
    found = quality(np.full((64, 64), value, np.uint8))
    assert found.level == "red"
    assert [reason.code for reason in found.reasons] == ["blank"]


@pytest.mark.parametrize(("share", "level"), [(0.2, "green"), (0.5, "amber"), (0.9, "red")])
def test_saturation_by_the_share_of_white(share: float, level: str) -> None:
    picture = np.tile(np.minimum(grey_picture(100, 100), 250), 1)
    picture[: int(share * 100)] = 255
    found = quality(picture)
    assert found.level == level
    assert level == "green" or found.reasons[0].code == "white"


def test_nearly_black_is_red() -> None:
    picture = np.zeros((100, 100), np.uint8)
    picture[50, 40:60] = 200
    found = quality(picture)
    assert found.level == "red"
    assert "black" in [reason.code for reason in found.reasons]


@pytest.mark.parametrize(("side", "level"), [(8, "red"), (16, "amber"), (28, "green")])
def test_tiny(side: int, level: str) -> None:
    found = quality(grey_picture(side, 64))
    assert found.level == level
    assert level == "green" or found.reasons[0].to_json() == {
        "code": "small",
        "width": 64,
        "height": side,
        "at_least": 28,
    }


@pytest.mark.parametrize(("divisor", "level"), [(1, "green"), (8, "amber"), (50, "red")])
def test_low_contrast(divisor: int, level: str) -> None:
    found = quality(GREY // divisor + 60 // divisor)
    assert found.level == level
    assert level == "green" or found.reasons[0].code == "contrast"


def test_a_mask_is_amber() -> None:
    found = quality(np.where(GREY > 180, 255, 0).astype(np.uint8))
    assert found.level == "amber"
    assert found.reasons[0] == Reason("few levels", {"grey_levels": 2})


def test_colour_where_grey_is_expected() -> None:
    overlay = np.dstack([GREY] * 3)
    overlay[5:10, 5:15] = (255, 200, 0)
    assert quality(overlay).level == "amber"
    assert quality(overlay).reasons[0].code == "overlay"
    photo = quality(np.dstack([GREY, GREY[::-1], GREY[:, ::-1]]))
    assert photo.level == "red"
    assert photo.reasons[0].code == "colour"
    noise = np.dstack([GREY] * 3)
    noise[..., 2] += 2  # as JPEG leaves it
    assert quality(noise).level == "amber"


def test_grey_where_colour_is_expected() -> None:
    assert quality(GREY, expects_grey=False).level == "amber"
    colour = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
    assert quality(colour, expects_grey=False).level == "green"


def test_a_volume_is_judged_as_a_whole_or_by_the_slice_that_is_read() -> None:
    voxels = np.repeat(grey_picture(32, 32)[:, :, np.newaxis], 10, axis=2)
    voxels[:, :, 0] = 0  # an empty slice at the end
    volume = read_scan(nifti(voxels))
    assert assess(volume, None).level == "green"
    assert assess(volume, 0).level == "red"  # for a model of pictures, that reads this slice

    pages = [Image.fromarray(np.zeros_like(GREY)), Image.fromarray(GREY)]
    stack = read_scan(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert assess(stack, 0).level == "red"
    assert assess(stack, 1).level == "green"


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("chest_normal_1.jpeg", "green"),
        ("nih_00000002_000.png", "green"),
        ("breast_us_malignant_117.png", "green"),
        ("RG1_J2KI.dcm", "green"),
        ("CT_small.dcm", "green"),
        ("someones_anatomy.nii.gz", "green"),
        ("ct_series/2062.dcm", "amber"),  # 16 × 16
        ("examples_palette.dcm", "amber"),  # a blue banner above the ultrasound
    ],
)
def test_sample_scans(real_data: Path, name: str, level: str) -> None:
    scan = read_scan_file(real_data / "scans" / name)
    assert assess(scan, scan.middle).level == level


def test_a_volume_of_outlines_is_no_bad_picture_where_its_set_is_made_of_them() -> None:
    outline = np.zeros((28, 28, 28), np.uint8)
    outline[10:14, 10:14, 10:14] = 255
    of_set = Example(outline, True, "adrenalmnist3d", "AdrenalMNIST3D", "test", 1)
    assert assess(of_set, None, of_data_set=True).level == "green"
    assert assess(of_set, None).level == "red"
    blank = Example(np.zeros((28, 28, 28), np.uint8), True, "adrenalmnist3d", "a", "test", 2)
    assert assess(blank, None, of_data_set=True).level == "red"
