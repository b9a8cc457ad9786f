"""Why there is no prediction, in words: pages, commands and exports say the same."""

from collections.abc import Iterable

from diagnosis.scans.mismatch import Mismatch

_READS = {"projection": "X-ray projections", "picture": "single pictures, no slices"}
_HOLDS = {"volume": "a volume", "slice": "a slice of a body"}


_SHORT = {
    "kind": "kind of picture",
    "quality": "picture quality",
    "similarity": "unlike the training images",
    "detail": "too little detail",
    "margin": "too close to call",
}


def headline(outcome: str, codes: Iterable[str]) -> str:
    """A few words for a reading without a prediction, from its outcome and its codes."""
    what = "Not analysed" if outcome == "rejected" else "Indeterminate"
    return f"{what}: {', '.join(_SHORT.get(code, code) for code in dict.fromkeys(codes))}"


def sentence(mismatch: Mismatch) -> str:
    """One sentence: what the file states, and what the model is for."""
    stated, expected = mismatch.stated, " or ".join(mismatch.expected)
    match mismatch.code:
        case "kind":
            reads = _READS[mismatch.expected[0]]
            return f"The file holds {_HOLDS[stated]}; this model reads {reads}."
        case "age":
            first, last = mismatch.expected
            return f"The file states an age {_band(stated)}; this model is for {first} to {last} years."
        case code:
            return f"The file states the {code} {stated}; this model is for {expected}."


def _band(band: str) -> str:
    if band == "0":
        return "under 1 year"
    if band.endswith("+"):
        return f"of {band.rstrip('+')} years or more"
    return f"of {band.replace('-', ' to ')} years"
