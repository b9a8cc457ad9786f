"""A scan becomes one image of the kind a data set holds: the way MedMNIST made its images.

Cropped "with a window size of length of the short edge" and resized, says the paper
(doi:10.1038/s41597-022-01721-8). What it does not say was found from originals and their published twins:
grey by ITU-R 601 luma, Pillow's antialiased bilinear filter after the crop, and for PneumoniaMNIST one pass
through JPEG of quality 75. That gives all of them to the last grey level (tests/sequences/test_framing.py).
"""

from io import BytesIO

import numpy as np
from PIL import Image

from diagnosis.core.errors import InputError
from diagnosis.scans import Scan
from diagnosis.sequences.preparation import Preparation


def frame_scan(scan: Scan, preparation: Preparation, *, frame: int = 0) -> np.ndarray:
    """What a model sees of a scan: shown with its default window, cropped, and reduced.

    Args:
        scan: as read.
        preparation: the model's.
        frame: which slice, page or time of a scan with several; a model of volumes takes them all.

    Returns:
        uint8, ``preparation.image_shape``.

    Raises:
        InputError: the scan is a single picture and the model reads volumes, or there is no such frame.
    """
    frames = scan.frames
    if preparation.volume:
        if frames < 2:
            raise InputError(
                "This model reads volumes slice by slice, and the file is a single picture: "
                "give a NIfTI or a multi-frame file, or choose a model of pictures."
            )
        slices = [_framed(scan.display(index), preparation) for index in range(frames)]
        return _resized_depth(np.stack(slices), preparation.size)
    if not 0 <= frame < frames:
        raise InputError(
            f"There is no frame {frame + 1}: the file has {frames}; choose 1 to {frames}."
        )
    return _framed(scan.display(frame), preparation)


def _framed(pixels: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Crop and reduce one frame, uint8 ``(height, width, channels)``, to ``(size, size[, 3])``."""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    mode = "L" if preparation.channels == 1 else "RGB"
    if picture.mode != mode:  # else Pillow would copy it
        picture = picture.convert(mode)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    # crop, then resize: resize(box=...) would draw on pixels just outside the box
    square = picture.crop((left, top, left + side, top + side))
    reduced = square.resize((preparation.size, preparation.size), Image.Resampling.BILINEAR)
    if preparation.jpeg_quality is not None:
        file = BytesIO()
        reduced.save(file, "JPEG", quality=preparation.jpeg_quality)
        reduced = Image.open(file)
    return np.asarray(reduced)


def _resized_depth(slices: np.ndarray, size: int) -> np.ndarray:
    """Resample the number of slices to ``size``; uint8 ``(slices, H, W[, C])``."""
    flat = Image.fromarray(slices.reshape(len(slices), -1).astype(np.float32))
    resized = flat.resize((flat.width, size), Image.Resampling.BILINEAR)
    return np.rint(np.asarray(resized)).astype(np.uint8).reshape(size, *slices.shape[1:])
