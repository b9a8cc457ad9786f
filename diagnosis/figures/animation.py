"""The board as a moving picture for slides: what was read so far, step by step, as an animated GIF.

The same panels and colours as on the page, drawn with Pillow, which needs no browser.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from diagnosis.figures import palette
from diagnosis.figures.unvalidated import colours
from diagnosis.sequences import StepKind

MOST_FRAMES = 56  # more steps than these are drawn every other one, or fewer
STEP_MS, LAST_MS = 140, 2000  # a frame; the last one
HEIGHT = 420  # pixels for the steps
_GAP, _HEAD, _FOOT = 14, 84, 40  # pixels between panels, above and below them
_CURVE, _WIDTH = 120, 300  # pixels of the per-step prediction and of a heatmap
_UNREAD = 0.75  # of the background over what was not read yet
_PAPER = {"light": "#fafafa", "dark": "#131516"}  # as on the page
_INK = {"light": "#1f2427", "dark": "#e4e7e8"}


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A gate or state of all units.

    Attributes:
        title: above it.
        values: ``(steps, units)``; NaN where padding was not read.
        gate: True for 0..1, False for around 0.
    """

    title: str
    values: np.ndarray
    gate: bool


def animated_board(
    lines: np.ndarray,
    curves: Sequence[tuple[str, np.ndarray]],
    heatmaps: Sequence[Heatmap],
    *,
    steps: StepKind,
    readouts: Sequence[str],
    title: str,
    notice: str,
    theme: str,
) -> bytes:
    """Draw it.

    Args:
        lines: what the model reads, uint8 ``(steps * n, width, channels)``.
        curves: colours and probabilities ``(steps,)`` after each step, of the classes that are drawn.
        heatmaps: one or two.
        steps: name and direction of a step.
        readouts: said at each step.
        title: in the first line.
        notice: in the last line of every frame: what this is not for.
        theme: "light" or "dark".

    Returns:
        The bytes of a GIF of at most `MOST_FRAMES` frames, which plays again and again.
    """
    timesteps = len(readouts)
    flip = -1 if steps.upward else 1
    paper, ink = ImageColor.getrgb(_PAPER[theme]), ImageColor.getrgb(_INK[theme])
    sources = [("model input", _grey_or_colour(lines), 0.0)]
    sources += [(each.title, _coloured(each, theme), 1.0) for each in heatmaps]
    widths = [max(120, min(HEIGHT, round(HEIGHT * lines.shape[1] / len(lines))))]
    widths += [_WIDTH] * len(heatmaps)
    lefts = [
        _GAP,
        *(_GAP + widths[0] + _GAP + _CURVE + _GAP + (_WIDTH + _GAP) * n for n in range(2)),
    ]
    curve_left = _GAP + widths[0] + _GAP
    size = (lefts[len(heatmaps)] + widths[-1] + _GAP, _HEAD + HEIGHT + _FOOT)
    font, small = _font(18), _font(14)
    line = HEIGHT / timesteps

    def top(step: int) -> int:
        place = step if flip > 0 else timesteps - 1 - step
        return _HEAD + round(place * line)

    def frame(step: int) -> Image.Image:
        picture = Image.new("RGB", size, paper)
        draw = ImageDraw.Draw(picture)
        for (_, pixels, hidden), left, width in zip(sources, lefts, widths, strict=False):
            shown = pixels.copy()
            begins = (step + 1) * len(shown) // timesteps
            unread = shown[begins:]
            veil = hidden or _UNREAD
            shown[begins:] = (unread * (1 - veil) + np.array(paper) * veil).astype(np.uint8)
            panel = Image.fromarray(np.ascontiguousarray(shown[::flip]))
            picture.paste(panel.resize((width, HEIGHT), Image.Resampling.NEAREST), (left, _HEAD))
        draw.rectangle((curve_left, _HEAD, curve_left + _CURVE, _HEAD + HEIGHT), outline="gray")
        for colour, values in curves:
            points = [
                (curve_left + float(p) * _CURVE, top(at) + line / 2)
                for at, p in enumerate(values[: step + 1])
                if np.isfinite(p)
            ]
            if len(points) > 1:
                draw.line(points, fill=colour, width=3)
        above, below = top(step), top(step) + max(2, round(line))
        for y in (above - 1, below):
            draw.line((_GAP, y, size[0] - _GAP, y), fill=palette.CURSOR[theme], width=2)
        draw.text((_GAP, 8), title, ink, font)
        draw.text(
            (_GAP, 33), f"{steps.singular} {step + 1} of {timesteps}: {readouts[step]}", ink, font
        )
        for (words, _, _), left, width in zip(sources, lefts, widths, strict=False):
            draw.text((left, _HEAD - 22), _fitting(words, width, small), ink, small)
        draw.text((curve_left, _HEAD - 22), _fitting("prediction", _CURVE, small), ink, small)
        draw.text((curve_left, _HEAD + HEIGHT + 3), "0", ink, small)
        draw.text((curve_left + _CURVE, _HEAD + HEIGHT + 3), "1", ink, small, anchor="ra")
        draw.text((_GAP, _HEAD + HEIGHT + 20), notice, ink, small)
        return picture

    return _gif(frame, timesteps)


def _gif(frame: Callable[[int], Image.Image], timesteps: int) -> bytes:
    """All frames with the colours of the last one, which has all there are."""
    stride = -(-timesteps // (MOST_FRAMES - 1))
    shown = [*range(0, timesteps - 1, stride), timesteps - 1]
    last = frame(shown[-1]).quantize(255, dither=Image.Dither.NONE)
    frames = [frame(step).quantize(palette=last, dither=Image.Dither.NONE) for step in shown[:-1]]
    file = BytesIO()
    (first, *others) = [*frames, last]
    durations = [STEP_MS * stride] * len(frames) + [LAST_MS]
    first.save(
        file, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False
    )
    return file.getvalue()


def _grey_or_colour(lines: np.ndarray) -> np.ndarray:
    """RGB, uint8 ``(steps, width, 3)``."""
    return np.repeat(lines, 3, axis=2) if lines.shape[2] == 1 else lines[..., :3]


def _coloured(heatmap: Heatmap, theme: str) -> np.ndarray:
    """RGB, uint8 ``(steps, units, 3)``; padding in the page's own colour."""
    scale = colours(palette.SEQUENTIAL) if heatmap.gate else palette.diverging(theme)
    places = [place for place, _ in scale]
    rgb = np.array([ImageColor.getrgb(colour) for _, colour in scale])
    values = np.asarray(heatmap.values, float)
    limit = max(1.0, float(np.nanmax(np.abs(values), initial=0)))
    shares = values if heatmap.gate else (values / limit + 1) / 2
    filled = np.nan_to_num(shares)
    pixels = np.stack([np.interp(filled, places, rgb[:, channel]) for channel in range(3)], axis=-1)
    pixels[np.isnan(values)] = ImageColor.getrgb(_PAPER[theme])
    return pixels.astype(np.uint8)


def _font(pixels: int) -> FreeTypeFont:
    font = ImageFont.load_default(pixels)
    assert isinstance(font, FreeTypeFont)  # Pillow's own has all sizes
    return font


def _fitting(words: str, width: int, font: FreeTypeFont) -> str:
    """As many letters as there is room for."""
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(f"{words}…") > width:
        words = words[:-1]
    return f"{words.rstrip()}…"
