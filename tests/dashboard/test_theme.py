"""The theme can be read: contrast as WCAG 2.1 AA asks for, light and dark."""

import tomllib
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text())["theme"]
MODES = ["light", "dark"]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.1, "relative luminance")."""
    levels = [value / 255 for value in bytes.fromhex(colour.removeprefix("#"))]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", MODES)
def test_text_and_links_stand_out_on_both_backgrounds(mode: str) -> None:
    theme = THEME[mode]
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], background) >= 7
        assert contrast(theme["linkColor"], background) >= 4.5
        assert contrast(theme["primaryColor"], background) >= 3


@pytest.mark.parametrize("mode", MODES)
def test_white_text_can_be_read_on_the_accent(mode: str) -> None:
    """Streamlit writes white on its primary buttons."""
    assert contrast("#ffffff", THEME[mode]["primaryColor"]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_chart_colours_stand_out_and_differ(mode: str) -> None:
    colours = THEME[mode]["chartCategoricalColors"]
    assert len(set(colours)) == len(colours)
    assert all(contrast(colour, THEME[mode]["backgroundColor"]) >= 3 for colour in colours)


@pytest.mark.parametrize("scale", ["chartSequentialColors", "chartDivergingColors"])
def test_colour_scales_have_the_ten_steps_without_which_streamlit_drops_them(scale: str) -> None:
    assert len(set(THEME[scale])) == 10


def test_the_sequential_scale_only_grows_lighter() -> None:
    steps = [luminance(colour) for colour in THEME["chartSequentialColors"]]
    assert steps == sorted(steps)
