"""Image quality in words, from the codes of ``diagnosis.scans.quality``."""

from diagnosis.core.reason import Reason

_SENTENCES = {
    "blank": "The image is blank: every pixel has the same value.",
    "small": "The image is very small: {width} × {height} pixels, at least {at_least} × {at_least} expected.",
    "contrast": "Very low contrast: nearly all pixels lie within {grey_levels:.0f} of 255 grey levels.",
    "white": "Saturated: {share:.0%} of the pixels are white.",
    "black": "Nearly empty: {share:.1%} of the pixels are black.",
    "few levels": "Only {grey_levels} different grey values: likely a mask or a drawing.",
    "grey": "The image is greyscale; colour was expected.",
    "colour": "A colour image: {share:.0%} of the pixels are coloured, greyscale was expected.",
    "overlay": "Colour in a greyscale image: {share:.1%} of the pixels, perhaps an overlay.",
    "colour file": "Colour file with almost no colour; converted to greyscale.",
}


def quality_sentence(reason: Reason) -> str:
    """One sentence for a quality code, with or without the prefix ``quality:``."""
    return _SENTENCES[reason.code.removeprefix("quality:")].format(**reason.facts)
