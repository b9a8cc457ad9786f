"""Words about the way from the network's number to an answer."""

from diagnosis.dashboard.glossary.term import Term

ANSWERS = "From number to answer"

ENTRIES = (
    Term(
        "logit",
        ANSWERS,
        "The raw number that the network ends with, before it is squeezed into 0 to 1. It can be any "
        "size; 0 stands for one half.",
        (r"\text{score} = \sigma(\text{logit}) = \frac{1}{1 + e^{-\text{logit}}}",),
    ),
    Term(
        "log odds",
        ANSWERS,
        "Another way to write a probability: the logarithm of the probability that it is so divided by the "
        "probability that it is not. 0 is one half, 2.2 is 0.9, −2.2 is 0.1. What speaks for and against a "
        "class can be added up in it.",
        (r"\text{log odds} = \ln\frac{p}{1 - p}",),
    ),
    Term(
        "contribution",
        ANSWERS,
        "How much a unit moves the log odds of a class in one reading: its state times the gradient of the "
        "log odds by that state, summed over the timesteps. In the last layer, where nothing but one sum "
        "follows, contributions and a constant add up to the log odds; in other layers it is an estimate.",
        (
            r"\sum_t h_{t,\text{unit}} \cdot \frac{\partial\,\text{log odds}}{\partial h_{t,\text{unit}}}",
        ),
    ),
    Term(
        "score",
        ANSWERS,
        "A number between 0 and 1 straight from the network. It orders cases, but 0.9 does not mean that "
        "nine of ten such cases have the finding.",
    ),
    Term(
        "estimated probability",
        ANSWERS,
        "A score after calibration: of 100 cases with 0.9, about 90 should have the finding, if they come "
        "from the same kind of patients as the validation split. Elsewhere it may be far off.",
    ),
    Term(
        "calibration",
        ANSWERS,
        "Turning scores into estimated probabilities, with two or more numbers fitted on the validation "
        "split: a temperature, and a shift for each class.",
        (r"\text{calibrated logit} = \frac{\text{logit}}{T} + \text{shift}",),
    ),
    Term(
        "temperature",
        ANSWERS,
        "The number T that logits are divided by in calibration. Above 1 the network was too sure of "
        "itself and its scores are drawn towards the middle; below 1 they are driven apart.",
    ),
    Term(
        "threshold",
        ANSWERS,
        "The estimated probability from which on the finding is called, also called operating point. "
        "A lower threshold misses fewer cases and raises more false alarms. It is chosen on the "
        "validation split, never on the test split.",
    ),
    Term(
        "ood",
        ANSWERS,
        "How unlike a picture is to those the model was trained on: its distance to the nearest of up to 64 "
        "typical training images, each a mean of several. p is the share of the validation images that are "
        "at least as far, the picture counted in. Up to 5 % it is unusual; up to 0.5 %, or farther than "
        "every one of fewer than 200, nothing is called. Nor is it for a picture with less fine detail than "
        "99.9 % of the training and validation images.",
        (r"p = \frac{1 + \#\{i : d_i \ge d\}}{1 + n}",),
    ),
    Term(
        "margin",
        ANSWERS,
        "How far an answer is from another one, in log odds: of two classes the distance of the estimated "
        "probability from the threshold, of several that of the most probable class from the second; where "
        "several labels may be true, that of the label closest to being called otherwise.",
        (r"\left| \log \frac{p}{1 - p} - \log \frac{t}{1 - t} \right|",),
    ),
    Term(
        "indeterminate",
        ANSWERS,
        "Indeterminate: what is said of a case that is too close to call, its margin being as small as those "
        "of the tenth of the validation images with the smallest ones; and of an unusual picture whose file "
        "does not state its modality. The estimated probabilities are shown, and a person decides.",
    ),
    Term(
        "own reading",
        ANSWERS,
        "What a person reads before the answer is shown. People follow a wrong answer more often than they "
        "would err alone, and explanations beside it help little; so it is worth knowing what one would have "
        "said.",
    ),
    Term(
        "audit trail",
        ANSWERS,
        "The list of every answer that was shown, and of what people said before and after it. Each line "
        "holds a number computed from the line before it, its seal, so no line between others can be changed "
        "unseen.",
    ),
)
