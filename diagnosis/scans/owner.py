"""Whose a file is, without a name: a keyed hash of what its patient is named by."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b


def coded(values: Iterable[str], key: bytes) -> str:
    """A keyed hash of what people are named by, the same for other cases of letters and spaces."""
    said = "\n".join(" ".join(value.casefold().rstrip("^ ").split()) for value in values)
    return blake2b(said.encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as a keyed hash of the patient's identifier.

    Attributes:
        code: of ``FileHeader.patient_id``; empty if the file states none.
        key: of the hash.
    """

    code: str = ""
    key: bytes = b""

    def may_be(self, patient: str) -> bool:
        """Whether the file is of that patient, or states none."""
        return not self.code or coded([patient], self.key) == self.code


NOBODY = Owner()  # of a file that states none
