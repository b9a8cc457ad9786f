"""The glossary: its file is valid, and every tooltip and link finds its term."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from diagnosis.core.paths import ROOT
from diagnosis.dashboard.glossary.terms import TERMS, Term, found, term, terms


def _sources() -> Iterator[tuple[Path, ast.AST]]:
    for path in (*ROOT.glob("pages/*.py"), *ROOT.glob("diagnosis/dashboard/**/*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_term_that_a_page_asks_for_is_in_the_glossary() -> None:
    asked: list[str] = []
    for path, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id not in {"term", "terms"} or path.name == "terms.py":
                    continue
                for key in node.args:
                    assert isinstance(key, ast.Constant) and isinstance(key.value, str), (
                        f"{path}:{node.lineno} computes its key"
                    )
                    assert key.value in TERMS, f"{path}:{node.lineno}"
                    asked.append(key.value)
    assert len(set(asked)) > 15


def test_every_link_of_the_gates_page_is_in_the_glossary() -> None:
    text = (ROOT / "diagnosis/dashboard/gates/text.py").read_text(encoding="utf-8")
    links = {
        key for key in re.findall(r"\{([a-zA-Z][a-zA-Z -]+)\}", text) if key in TERMS or " " in key
    }
    assert {"hidden state", "forget gate", "update gate"} <= links
    assert links <= set(TERMS)


def test_tooltip_has_the_text_and_the_synonyms() -> None:
    assert "saliency" in term("attribution")
    assert "novelty detection" in term("out-of-distribution")
    assert "selective prediction" in term("abstention")
    assert terms("AUC", "seed").count("**") == 4
    with pytest.raises(KeyError):
        term("no such term")


def test_no_synonym_is_a_term_of_its_own() -> None:
    synonyms = [each for entry in TERMS.values() for each in entry.also]
    assert not set(synonyms) & set(TERMS)
    assert len(synonyms) == len(set(synonyms))


def test_a_term_with_an_unknown_field_is_not_accepted() -> None:
    good = TERMS["gate"].model_dump()
    Term.model_validate(good)
    with pytest.raises(ValidationError):
        Term.model_validate(good | {"synonyms": ["valve"]})


def test_search_finds_terms_by_names_and_synonyms_else_by_texts() -> None:
    def keys(query: str) -> list[str]:
        return [entry.key for entry in found(query)]

    assert keys("recall") == ["sensitivity"]
    assert keys("GATE forg") == ["forget gate"]
    assert "forget gate" in keys("f")
    assert "seed" not in keys("f")  # its text has words with f, and others have names
    assert "learning rate" in keys("diverges")
    assert keys("dermatologist") == []
    assert keys("") == list(TERMS)
