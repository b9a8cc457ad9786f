"""Outcome and reasons in words, from the codes of ``diagnosis.inference.policy``."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from diagnosis.core.reason import Reason
from diagnosis.text.evaluation import percent
from diagnosis.text.quality import quality_sentence

if TYPE_CHECKING:
    from diagnosis.inference.detail import Detail
    from diagnosis.inference.out_of_distribution import OODResult
    from diagnosis.inference.scan_kind import ScanKind

OUTCOMES = {"predicted": "Prediction", "indeterminate": "Indeterminate", "rejected": "Not analysed"}

_READS = {"projection": "X-ray projections", "picture": "single images that are no slices"}
_HOLDS = {"volume": "a volume", "slice": "a slice of a body"}
_SHORT = {
    "kind": "kind of image",
    "quality": "image quality",
    "quality:unknown codes": "unknown codes",
    "detail": "too little detail",
    "scan-kind": "another kind of scan",
    "margin": "close to the decision threshold",
    "modality-not-stated": "modality not stated",
}
_NEAREST = {
    "threshold": "as close to the threshold as",
    "label threshold": "one label is as close to its threshold as in",
    "second class": "the two most probable classes are as close as in",
}


def headline(outcome: str, reasons: Iterable[Reason]) -> str:
    """A few words about an abstention: *Not analysed: modality, age*."""
    return f"{OUTCOMES[outcome]}: {short_reasons(reasons)}"


def decision_words(
    step: int | None, *, singular: str, never_crossed: bool = False, threshold: bool = True
) -> str | None:
    """From which step the prediction no longer changes; None if nothing can be said about it.

    Args:
        step: from 1.
        singular: what a step is.
        never_crossed: what is predicted was so after every step.
        threshold: whether one decides, or which class is the most probable.
    """
    if never_crossed:
        return "never crossed the threshold" if threshold else f"the same after every {singular}"
    return None if step is None else f"{singular} {step}"


def short_reasons(reasons: Iterable[Reason]) -> str:
    """The kinds of reasons: *modality, age*."""
    codes = [reason.code for reason in reasons]
    kinds = (_SHORT.get(code) or code.partition(":")[0] for code in codes)
    return ", ".join(dict.fromkeys(_SHORT.get(kind, kind) for kind in kinds))


def sentences(reasons: Iterable[Reason]) -> list[str]:
    """A sentence for each reason or warning."""
    return [sentence(reason) for reason in reasons]


def sentence(reason: Reason) -> str:
    """One sentence for a code of the policy, or of ``scans.quality``."""
    facts = reason.facts
    match reason.code:
        case "kind" | "modality" | "body part" | "view" | "age":
            return _mismatch(reason)
        case "out-of-distribution" | "scan-kind" | "detail" as code:
            return _LIKENESS[code](facts)
        case "margin":
            return _margin(reason)
        case "modality-not-stated":
            return "Unusual for the training images, and the file does not state its modality."
        case _:
            return quality_sentence(reason)


def ood_sentence(ood: "OODResult") -> str:
    """The out-of-distribution check of a case, whatever its level."""
    return ood_text(ood.to_json())


def ood_text(facts: Mapping[str, Any]) -> str:
    """The same from ``OODResult.to_json``'s object."""
    return _ood(facts["level"], facts["n_as_extreme"], facts["of"])


def detail_sentence(detail: "Detail") -> str:
    """The detail of a case, whatever its level."""
    return _detail(detail.to_json())


def scan_kind_sentence(kind: "ScanKind") -> str:
    """The kind of scan of a case, whatever its level."""
    return _scan_kind(kind.to_json())


def _mismatch(reason: Reason) -> str:
    stated, expected = reason.facts["stated"], reason.facts["expected"]
    if reason.code == "kind":
        return f"The file holds {_HOLDS[stated]}; this model is for {_READS[expected[0]]}."
    if reason.code == "age":
        first, last = expected
        return f"The file states an age {_band(stated)}; this model is for {first} to {last} years."
    return f"The file states the {reason.code} {stated}; this model is for {' or '.join(expected)}."


def _band(band: str) -> str:
    if band == "0":
        return "under 1 year"
    if band.endswith("+"):
        return f"of {band.rstrip('+')} years or more"
    return f"of {band.replace('-', ' to ')} years"


def _ood(level: str, n_as_extreme: int, of: int) -> str:
    level_text = {
        "green": "Similar to the training cases",
        "amber": "Unusual for the training cases",
        "red": "Out-of-distribution",
    }[level]
    count = f"{n_as_extreme:,}" if n_as_extreme else "none"
    verb = "is" if n_as_extreme == 1 else "are"
    only = "only " if level == "amber" and n_as_extreme else ""
    return f"{level_text}: {only}{count} of the {of:,} held-out cases {verb} at least as distant."


def _scan_kind(facts: Mapping[str, Any]) -> str:
    expected, found = facts["expected"], facts["found"]
    if facts["level"] == "green":
        return f"Looks like the kind of image this model is for: {expected}."
    looks = f"more like: {found}" if found != expected else "but hardly"
    count = f"{facts['n_as_extreme']:,}" if facts["n_as_extreme"] else "none"
    return (
        f"This model is for one kind of image ({expected}); this one looks {looks}. "
        f"Of {facts['of']:,} held-out images of that kind, {count} look as little like it."
    )


def _detail(facts: Mapping[str, Any]) -> str:
    images = f"the {facts['of']:,} training and validation images"
    if facts["level"] == "green":
        return f"As much fine detail as {images}."
    return f"Less fine detail than {1 - facts['share_below']:.1%} of {images}: blurred, or drawn."


_LIKENESS = {"out-of-distribution": ood_text, "scan-kind": _scan_kind, "detail": _detail}


def _margin(reason: Reason) -> str:
    facts = reason.facts
    share = f"{100 * facts['validation']:.0f} %" if facts["validation"] >= 0.01 else "few"
    words = f"Indeterminate: {_NEAREST[facts['nearest']]} the closest {share} of held-out cases."
    if facts["test_error"] is None:
        return words
    return (
        f"{words} In that range the model was wrong on {100 * facts['test_error']:.0f} % of test cases "
        f"({100 * facts['test_error_elsewhere']:.0f} % elsewhere)."
    )


_RULES = {  # when a version abstains
    "quality": "Abstains when the image quality is insufficient.",
    "population": "Abstains when the file states anything other than {population}.",
    "scan-kind": "Abstains when the image looks like another kind than: {kind}.",
    "out-of-distribution": "Abstains when the case is out-of-distribution: {test} of the test split.",
    "modality-not-stated": "Abstains when the image is unusual and its file states no modality.",
    "margin": (
        "Abstains near the decision threshold: {abstention_rate} of the test split. Error rate within that "
        "range {error_abstained}, elsewhere {error_predicted}."
    ),
}


def rule_sentences(rules: Iterable[Reason]) -> list[str]:
    """When a version abstains, from ``policy.abstention_rules``: one sentence each."""
    return [_rule(rule.code, rule.facts) for rule in rules]


def _rule(code: str, facts: Mapping[str, Any]) -> str:
    if code == "out-of-distribution" and facts["test"] is None:
        return "Has no out-of-distribution check (trained before there was one)."
    if code == "margin" and not facts["n_abstained"]:
        return f"Abstains near the decision threshold: none of the {facts['n']:,} test cases."
    written = {
        name: percent(value) if isinstance(value, Mapping) else value
        for name, value in facts.items()
    }
    return _RULES[code].format(**written)
