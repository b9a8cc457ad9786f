"""The probability of a finding as a bar with the operating point and the indeterminate zone, as SVG."""

from collections.abc import Sequence

WIDTH, HEIGHT = 420, 58
_TRACK, _TOP, _HIGH = 400, 18, 18  # pixels: width of the track, its place, its height


def probability_bar(
    value: float, colour: str, *, threshold: float | None, zone: Sequence[float] | None
) -> str:
    """Draw it.

    Args:
        value: the probability, in 0..1.
        colour: of the bar.
        threshold: from which the finding is predicted.
        zone: the lowest and the highest probability that is indeterminate.
    """
    parts = [_rectangle(0, 1, _TOP, _HIGH, 'fill="none" stroke="#c9ced1"')]
    if zone is not None:
        low, high = zone
        parts.append(_rectangle(low, high, _TOP, _HIGH, 'fill="#808080" fill-opacity="0.3"'))
        parts.append(_text((low + high) / 2, _TOP - 6, "indeterminate"))
    parts.append(_rectangle(0, value, _TOP + 5, _HIGH - 10, f'fill="{colour}"'))
    for edge in (0, 1):
        if threshold is None or abs(threshold - edge) > 0.06:
            parts.append(_text(edge, _TOP + _HIGH + 15, str(edge)))
    if threshold is not None:
        parts.append(
            _rectangle(threshold, threshold + 0.004, _TOP - 3, _HIGH + 6, 'fill="#1f2427"')
        )
        parts.append(_text(threshold, _TOP + _HIGH + 15, f"threshold {threshold:.2f}"))
    return (
        f'<svg role="img" aria-label="Probability, threshold and indeterminate zone" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


def _rectangle(start: float, end: float, top: int, height: int, style: str) -> str:
    width = (end - start) * _TRACK
    return f'<rect x="{_x(start):.1f}" y="{top}" width="{width:.1f}" height="{height}" {style}/>'


def _text(at: float, y: int, words: str) -> str:
    anchor = "end" if at > 0.85 else "start" if at < 0.15 else "middle"
    return f'<text x="{_x(at):.1f}" y="{y}" text-anchor="{anchor}">{words}</text>'


def _x(value: float) -> float:
    return 2 + value * _TRACK
