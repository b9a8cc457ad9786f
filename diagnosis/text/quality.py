"""Quality in words, from the codes of ``scans.quality`` and, of records, ``sequences.event_check``."""

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
    "unknown codes": "{n:,} of {of:,} events ({share:.0%}) have codes that the model does not know: {codes}.",
    "number of events": (
        "The record has {n:,} events; those of the training split have {fewest:,} to {most:,}."
    ),
    "values": (
        "{n:,} values lie beyond those of the training split, such as {name} {value:.4g} (there {low:.4g} to "
        "{high:.4g})."
    ),
}


def quality_sentence(reason: Reason) -> str:
    """One sentence for a quality code, with or without the prefix ``quality:``."""
    facts = dict(reason.facts)
    if "codes" in facts:
        facts["codes"] = ", ".join(facts["codes"])
    return _SENTENCES[reason.code.removeprefix("quality:")].format(**facts)
