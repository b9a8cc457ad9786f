"""What a version does not call, in the words of its card: pages, commands and exports say the same."""

from collections.abc import Mapping
from typing import Any

from diagnosis.evaluation.abstention import Abstention
from diagnosis.evaluation.estimates import Estimate


def not_called(card: Mapping[str, Any]) -> list[str]:
    """A sentence for each reason, with how often it is met on the test split."""
    said = ["What is not fit to be read."]
    novelty, abstention = card.get("novelty"), card.get("abstention")
    if novelty is None:
        said.append("Whether a picture is like the training images is not checked.")
    else:
        share = Estimate(**novelty["refused"]["test"])
        said.append(f"What is not like the training images: {share} of the test split.")
    if abstention is not None:
        test = Abstention.from_json(abstention).test
        if test.not_called:
            said.append(
                f"What is too close to call: {test.left_open} of the test split. Of its answers "
                f"{test.error_not_called} would be wrong, of the called ones {test.error_called} are."
            )
    return said
