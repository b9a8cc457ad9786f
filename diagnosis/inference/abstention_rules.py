"""What a version does not call, in words: pages, commands and exports say the same."""

from diagnosis.evaluation.estimates import Estimate
from diagnosis.inference.split_predictions import abstention
from diagnosis.models.store import Version


def n_abstained(version: Version) -> list[str]:
    """A sentence for each reason, with how often it is met on the test split.

    Raises:
        ModelError: its card cannot be read.
    """
    said = ["What is not fit to be read."]
    if version.population.words:
        said.append(f"A file that states something else than {version.population.words}.")
    ood, rule = version.card.get("ood"), abstention(version)
    if ood is None:
        said.append("Whether a picture is like the training images is not checked.")
    else:
        share = Estimate(**ood["rejected"]["test"])
        said.append(f"What is not like the training images: {share} of the test split.")
        said.append("What is unlike most of them, if its file states no modality.")
    if rule is not None and rule.limit is not None:
        test = rule.test
        said.append(
            f"What is too close to call: {test.abstention_rate} of the test split. Of its answers "
            f"{test.error_abstained} would be wrong, of the called ones {test.error_predicted} are."
            if test.n_abstained
            else f"What is too close to call: none of the {test.n:,} test images."
        )
    return said
