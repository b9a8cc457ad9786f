"""How images are imported."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from diagnosis.core.errors import InputError
from diagnosis.core.settings import Asked, Seed, Settings
from diagnosis.sequences import Channels, Size

Share = Annotated[float, Field(ge=0.01, le=0.5)]


class Options(Settings):
    """What a person may choose."""

    model_config = ConfigDict(title="import")

    size: Annotated[Size, Field(description="pixels along each side")] = 28
    channels: Annotated[
        Channels | None,
        Field(description="1 grey or 3 colour (default: colour if most pictures have some)"),
    ] = None
    val: Annotated[
        Share,
        Field(
            title="share of the val split",
            description="share of the validation split, unless splits are given",
        ),
        Asked("Share of the validation split", step=0.01),
    ] = 0.15
    test: Annotated[
        Share,
        Field(
            title="share of the test split",
            description="share of the test split, unless splits are given",
        ),
        Asked(step=0.01),
    ] = 0.15
    seed: Annotated[Seed, Field(description="of the splits"), Asked("Seed of the splits")] = 1
    skip_unreadable: Annotated[
        bool, Field(description="skip files that cannot be read, instead of failing")
    ] = False
    finding: Annotated[
        str | None,
        Field(
            description="of two classes the one that is looked for (default: the second by name)"
        ),
    ] = None

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.val + self.test > 0.8:
            raise InputError(
                f"Validation and test split together may have 0.8 of all pictures, not "
                f"{self.val + self.test:g}: leave something to train on."
            )
        return self
