"""Small sources of labelled pictures, made of real data, for the tests of importing."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from tests.scan_files import saved

NAMES = ("normal", "pneumonia")


def chest_pictures(data: Path, n: int = 20) -> dict[str, bytes]:
    """PNG files by path, ``n`` different ones of each class of PneumoniaMNIST's training split."""
    with np.load(data / "pneumoniamnist.npz") as arrays:
        images, labels = arrays["train_images"], arrays["train_labels"][:, 0]
    files = {}
    for label, name in enumerate(NAMES):
        chosen = np.unique(images[labels == label][: n + 10], axis=0)[:n]
        for index, image in enumerate(chosen):
            files[f"{name}/{index:03d}.png"] = saved(Image.fromarray(image), "PNG")
    return files


def folder_of(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zip_of(files: Mapping[str, bytes]) -> BytesIO:
    """Files as a ZIP in memory."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    packed.seek(0)
    return packed
