"""How images are imported."""

from dataclasses import dataclass

from diagnosis.errors import InputError


@dataclass(frozen=True)
class Options:
    """What a person may choose; checked when made.

    Raises:
        InputError: a share or the seed is out of range. The size is checked with the preparation.
    """

    size: int = 28  # pixels along each side
    channels: int | None = None  # 1 grey, 3 colour; None: colour if most pictures have some
    val: float = 0.15  # share of the validation split, where splits are not given
    test: float = 0.15  # share of the test split
    seed: int = 1  # of the splits
    skip_unreadable: bool = False  # leave out what cannot be read, instead of refusing
    finding: str | None = (
        None  # of two classes the one that is looked for; None: the second by name
    )

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise InputError(f"An image has 1 channel (grey) or 3 (RGB), not {self.channels}.")
        for name in ("val", "test"):
            share = getattr(self, name)
            if not 0.01 <= share <= 0.5:
                raise InputError(
                    f"The share of the {name} split must be 0.01 to 0.5, not {share:g}."
                )
        if self.val + self.test > 0.8:
            raise InputError(
                f"Validation and test split together may have 0.8 of all pictures, not "
                f"{self.val + self.test:g}: leave something to train on."
            )
        if not 0 <= self.seed < 2**32:
            raise InputError(f"The seed must be 0 to {2**32 - 1}, not {self.seed}.")
