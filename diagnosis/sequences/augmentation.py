"""Random small changes to training images, so that a network sees more than the set holds."""

from typing import Annotated

import numpy as np
from pydantic import ConfigDict, Field

from diagnosis.core.settings import Asked, Settings


class Augmentation(Settings):
    """How far a training image may be changed; each change is drawn uniformly from ±its limit."""

    model_config = ConfigDict(title="augmentation")

    shift: Annotated[  # one pixel of 28
        float,
        Field(ge=0, le=0.5, description="of the side"),
        Asked("Shift", 0.01, "%.2f"),
    ] = 0.04
    rotate: Annotated[  # a child is rarely straight on the detector
        float, Field(ge=0, le=180, description="degrees"), Asked("Rotation (°)", 1.0, "%.1f")
    ] = 4.0
    scale: Annotated[
        float,
        Field(ge=0, le=0.5, description="of the size"),
        Asked("Scale", 0.01, "%.2f"),
    ] = 0.04
    flip: Annotated[
        bool,
        Field(
            title="mirroring",
            description="mirror half of the scans left to right, of volumes half along each axis, "
            "where the data set allows it",
        ),
        Asked("Horizontal flip, p = 0.5"),
    ] = False
    intensity: Annotated[
        float,
        Field(ge=0, le=1, description="of contrast, and of the grey range for brightness"),
        Asked("Intensity", 0.01, "%.2f"),
    ] = 0.1
    noise: Annotated[
        float,
        Field(ge=0, le=1, description="standard deviation, of the grey range"),
        Asked("Noise σ", 0.01, "%.2f"),
    ] = 0.01
    gamma: Annotated[  # another exposure
        float,
        Field(ge=0, le=2, description="of the logarithm of the exponent of the grey values"),
        Asked("Gamma", 0.05, "%.2f"),
    ] = 0.0
    sharpness: Annotated[
        float,
        Field(ge=0, le=2, description="of the fine detail that is taken off (blur) or added"),
        Asked("Sharpness", 0.1, "%.1f"),
    ] = 0.0
    gradient: Annotated[
        float,
        Field(ge=0, le=1, description="of the grey range, from side to side in any direction"),
        Asked("Light gradient", 0.01, "%.2f"),
    ] = 0.0


# For pictures of other machines and hands than those of the training split; `Augmentation()` is the moderate
# one. How it was chosen: docs/calibration.md.
STRONG = Augmentation(
    shift=0.08, rotate=19.0, scale=0.15, intensity=0.15, noise=0.02, gamma=0.4, sharpness=1.0, gradient=0.2
)  # fmt: skip


def augment(
    images: np.ndarray, augmentation: Augmentation, *, volume: bool, rng: np.random.Generator
) -> np.ndarray:
    """Change each image a little, the slices of a volume and the channels of an image alike.

    Args:
        images: uint8, ``(n, H, W)``, ``(n, H, W, C)`` or, ``volume``, ``(n, D, H, W)``.
        augmentation: how far.
        volume: whether axis 1 counts slices.
        rng: source of chance.

    Returns:
        float32, 0..255, same shape.
    """
    changed: np.ndarray = images.astype(np.float32)
    planes = changed if volume else np.moveaxis(changed.reshape(*changed.shape[:3], -1), -1, 1)
    warped = _warp(planes, augmentation, rng)  # (n, planes, H, W)
    changed = warped if volume else np.moveaxis(warped, 1, -1).reshape(images.shape)
    if augmentation.flip:
        for axis in (3, 2, 1) if volume else (2,):
            mirrored = rng.random(len(changed)) < 0.5
            changed[mirrored] = np.flip(changed[mirrored], axis=axis)
    each = (-1,) + (1,) * (changed.ndim - 1)
    if augmentation.intensity:
        draws = rng.uniform(-1, 1, (2, len(changed))) * augmentation.intensity
        contrast, brightness = (draw.reshape(each) for draw in draws.astype(np.float32))
        changed = (changed - 127.5) * (1 + contrast) + (127.5 + 255 * brightness)
    changed = _exposed(changed, augmentation, volume=volume, rng=rng)
    if augmentation.noise:
        changed = changed + rng.standard_normal(changed.shape, np.float32) * (
            np.float32(augmentation.noise * 255)
        )
    pixels: np.ndarray = np.clip(changed, 0, 255)
    return pixels


def _exposed(
    changed: np.ndarray, augmentation: Augmentation, *, volume: bool, rng: np.random.Generator
) -> np.ndarray:
    """Sharpness, light gradient and gamma; ``changed`` is float32 ``(n, ...)``, 0..255."""
    n, each = len(changed), (-1,) + (1,) * (changed.ndim - 1)
    rows, columns = (2, 3) if volume else (1, 2)
    if augmentation.sharpness:
        amount = rng.uniform(-1, 1, n).astype(np.float32) * augmentation.sharpness
        changed = changed + amount.reshape(each) * (
            changed - _blurred(_blurred(changed, rows), columns)
        )
    if augmentation.gradient:
        angle, size = rng.uniform(0, 2 * np.pi, n), rng.uniform(0, augmentation.gradient, n)
        down, across = (255 * size * part for part in (np.sin(angle), np.cos(angle)))
        for axis, slope in ((rows, down), (columns, across)):
            shape = [1] * changed.ndim
            shape[axis] = changed.shape[axis]
            ramp = np.linspace(-0.5, 0.5, shape[axis], dtype=np.float32).reshape(shape)
            changed = changed + slope.astype(np.float32).reshape(each) * ramp
    if augmentation.gamma:
        exponent = np.exp(rng.uniform(-1, 1, n) * augmentation.gamma).astype(np.float32)
        changed = 255 * (np.clip(changed, 0, 255) / 255) ** exponent.reshape(each)
    return changed


def _blurred(values: np.ndarray, axis: int) -> np.ndarray:
    """Weighted 1, 2, 1 along an axis, the border repeated."""
    before = np.concatenate([values.take([0], axis), values], axis).take(
        range(values.shape[axis]), axis
    )
    after = np.concatenate([values, values.take([-1], axis)], axis).take(
        range(1, values.shape[axis] + 1), axis
    )
    blurred: np.ndarray = (before + 2 * values + after) / 4
    return blurred


def _warp(planes: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Shift, rotate and scale about the centre; ``planes`` is float32 ``(n, planes, H, W)``."""
    from scipy import ndimage

    n, _, height, width = planes.shape
    angles: np.ndarray = np.deg2rad(rng.uniform(-1, 1, n) * augmentation.rotate)
    zooms = np.ones(n) + rng.uniform(-1, 1, n) * augmentation.scale
    shifts = rng.uniform(-1, 1, (n, 2)) * augmentation.shift * (height, width)
    centre = np.array([height - 1, width - 1]) / 2
    warped = np.empty_like(planes)
    for k, (angle, zoom, shift) in enumerate(zip(angles, zooms, shifts, strict=True)):
        cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
        to_source = np.array([[cosine, -sine], [sine, cosine]])
        offset = centre - to_source @ (centre + shift)
        for source, target in zip(planes[k], warped[k], strict=True):
            ndimage.affine_transform(
                source, to_source, offset, output=target, order=1, mode="nearest"
            )
    return warped
