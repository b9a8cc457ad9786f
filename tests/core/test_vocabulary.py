"""The project speaks the field's words, in names and in sentences; docs/words.md explains them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXED = {"kept"}  # keys that programs of others read: pictures that an import keeps
SYNONYMS = "also = "  # of a term of the glossary, by which people look for it
TABLE = ROOT / "docs/words.md"  # what to say, and not: it must name both
SPOKEN = {".py", ".md", ".toml", ".json", ".js", ".css"}  # kinds of files with names or sentences

# A part of a name, split at underscores and capitals, and what to say instead.
NAMES = {
    "answer": "prediction",
    "answers": "predictions",
    "answered": "predicted",
    "called": "predicted",
    "calls": "predictions",
    "callers": "predicting",
    "uncalled": "abstained",
    "refuse": "reject",
    "refused": "rejected",
    "refuses": "rejects",
    "refusal": "rejection",
    "refusals": "reasons",
    "novelty": "ood",
    "unlike": "ood",
    "far": "n_as_extreme",
    "verdict": "per_step",
    "settled": "decision_step",
    "decided": "decision_step",
    "silenced": "ablated",
    "silent": "ablated",
    "heard": "unit_mask, requests",
    "kept": "promoted, or what it is",
    "keeps": "promotes",
    "discard": "archive",
    "discarded": "archived",
    "trail": "log",
    "seal": "entry_hash",
    "influence": "ai_effect",
    "doubts": "reasons",
    "unsure": "indeterminate",
    "visit": "session",
    "visits": "sessions",
}
# A pattern of a sentence, and what to say instead.
PHRASES = {
    r"\b(no|too close to|not|never) call(ed)?\b": "indeterminate, rejected, abstains",
    r"\b(is|are|be|was|were|nothing|gets?|it) called"
    r"(?! (with|once|by|twice|again|from|for|in|when|after|before)\b)": "predicted",
    r"\bcalls? (from|it|a case|every|nothing)\b|\bcalled (wrongly|so|ones?|from)\b|\bwrong calls?\b":
        "operating point, predicts",
    r"\bleft open\b|\bleaves? open\b": "abstains, indeterminate",
    r"\bnovelty\b|\bunlike\b|\bas far (from|away)\b": "out-of-distribution",
    r"\bgot wrong\b|\bgets wrong\b": "misclassified",
    r"\bfalse alarms?\b": "false positives",
    r"\b(come|comes|came) true\b": "calibrated",
    r"\bverdicts?\b|\bsettle[sd]?\b": "per-step prediction, decision step",
    r"\bdecided at\b": "decision step",
    r"\b(which )?(rows|slices|steps) (that )?matter(ed)?\b": "attribution",
    r"\bwhat[- ]if\b": "perturbation",
    r"\bcontrol band\b": "null distribution",
    r"\bsilenc(e|es|ed|ing) (a |the |some |all |so |these |those |many )*units?\b"
    r"|\bsilenced\b|\bsilent units?\b|\bnobody hears\b|\bheard\b": "ablated",
    r"\bown reading\b|\breading of (your|one's) own\b": "independent read",
    r"\bfinal reading\b": "AI-assisted read",
    r"\binfluence\b": "effect of AI assistance",
    r"\btrail\b": "audit log",
    r"(?<!\.)\bdiscard(s|ed|ing)?\b": "archive",
    r"\bsomebody keeps\b|\bnobody reads\b": "promote",
    r"\brefus(e|es|ed|ing|al|als)\b": "reject, abstention",
    r"\bestimated probabilit(y|ies)\b": "predicted probability",
    r"\b(the|an|its|no|same|another|right|wrong|this|each|every|such|of) answers?\b"
    r"|\banswers? (of|is|are|was)\b": "prediction",
}  # fmt: skip


def _places() -> list[str]:
    """Files at the top and folders of the product, of its papers and of its models."""
    folders = ["benchmarks", "pages", "docs", "assets/models"]
    packages = [path for path in (ROOT / "diagnosis").iterdir() if any(path.glob("*.py"))]
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.md"), *(ROOT / "diagnosis").glob("*.py")]
    return sorted([*folders, *(path.relative_to(ROOT).as_posix() for path in (*packages, *files))])


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of what a module names: functions, classes, arguments, assigned names, keys."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.Constant(value=str(text)) if (
                re.fullmatch(r"[a-z_]+", text) and text not in FIXED
            ):
                yield node.lineno, text


def _parts(name: str) -> list[str]:
    """``OODDetector`` and ``ood_detector`` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")


def _foreign(path: Path) -> Iterator[str]:
    """Words of a file that are not the field's, each with its line and what to say instead."""
    where = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    named = [(0, path.stem)]
    if path.suffix == ".py":
        named += _names(ast.parse(text))
    for line, name in named:
        for part in _parts(name):
            if part in NAMES:
                yield f"{where}:{line}: the name {name!r}: say {NAMES[part]}"
    for line, sentence in enumerate(text.splitlines(), 1):
        if sentence.startswith(SYNONYMS):
            continue
        for phrase, instead in PHRASES.items():
            if match := re.search(phrase, sentence, re.IGNORECASE):
                yield f"{where}:{line}: {match.group()!r}: say {instead}"


@pytest.mark.parametrize("place", _places())
def test_names_and_sentences_use_the_words_of_the_field(place: str) -> None:
    path = ROOT / place
    files = (
        [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]
    )
    spoken = [file for file in files if file.suffix in SPOKEN and file != TABLE]
    foreign = [line for file in spoken for line in _foreign(file)]
    assert not foreign, "\n".join(["Words that docs/words.md replaces:", *foreign])


def test_the_check_finds_a_name_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.core.test_vocabulary.ROOT", tmp_path)
    file = tmp_path / "called.py"
    file.write_text('"""The verdict."""\n\n\ndef final_answer(reading: str) -> None: ...\n')
    said = list(_foreign(file))
    assert [line.split(":")[1] for line in said] == ["0", "4", "1"]
