"""An entry of the glossary."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One entry."""

    name: str
    section: str
    meaning: str  # one to three plain sentences, no markup: it is a tooltip too
    equations: tuple[str, ...] = ()  # LaTeX

    @property
    def title(self) -> str:
        """The name as a heading; what is spelled as in code stays as it is."""
        return self.name if "_" in self.name else self.name[0].upper() + self.name[1:]

    @property
    def anchor(self) -> str:
        """Where it stands on the glossary page: ``/glossary#forget-gate``."""
        return self.name.lower().replace(" ", "-").replace("_", "-")
