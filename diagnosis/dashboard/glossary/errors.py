"""Words about how often answers are wrong."""

from diagnosis.dashboard.glossary.term import Term

ERRORS = "How often it errs"

ENTRIES = (
    Term(
        "coverage",
        ERRORS,
        "The share of the cases that is called. Leaving out those closest to another answer makes fewer of "
        "the calls wrong; somebody has to answer the others.",
    ),
    Term(
        "calibration curve",
        ERRORS,
        "Cases grouped by their estimated probability, and how often each group has the finding. Where the "
        "points lie on the diagonal, the estimates come true.",
    ),
    Term(
        "Brier score",
        ERRORS,
        "The mean squared distance of the estimated probability from what was the case: 0 is perfect, and "
        "0.25 is what always saying one half gets with two classes.",
        (r"\frac{1}{n} \sum_i (p_i - y_i)^2",),
    ),
    Term(
        "sensitivity",
        ERRORS,
        "Of the cases that have the finding, the share that is called. One minus it is the share that "
        "is missed.",
        (r"\frac{\text{true positives}}{\text{true positives} + \text{false negatives}}",),
    ),
    Term(
        "specificity",
        ERRORS,
        "Of the cases without the finding, the share that is not called. One minus it is the share of "
        "false alarms among them.",
        (r"\frac{\text{true negatives}}{\text{true negatives} + \text{false positives}}",),
    ),
    Term(
        "predictive value",
        ERRORS,
        "Positive: of the cases that are called, the share that has the finding. Negative: of those not "
        "called, the share that does not have it. Unlike sensitivity and specificity both change with the "
        "prevalence.",
        (
            r"\frac{\text{sensitivity} \cdot \pi}"
            r"{\text{sensitivity} \cdot \pi + (1 - \text{specificity})(1 - \pi)}",
        ),
    ),
    Term(
        "prevalence",
        ERRORS,
        "How common the finding is among those examined, π in the formulas. In a test split it is often far "
        "higher than in a clinic, and then most calls are right here and few are there.",
    ),
    Term(
        "accuracy",
        ERRORS,
        "The share of all cases that is answered rightly. Where one class is frequent, always naming "
        "that class already gives a high accuracy.",
    ),
    Term(
        "AUC",
        ERRORS,
        "Area under the ROC curve: how often a case with the finding gets a higher score than one "
        "without, over all such pairs. 0.5 is chance, 1 is perfect; it knows nothing of the threshold.",
    ),
    Term(
        "confidence interval",
        ERRORS,
        "The range that a figure would plausibly have with other cases of the same kind; 95 % intervals "
        "cover the true figure in 95 of 100 such measurements. Few cases make it wide. It does not cover "
        "other hospitals or scanners.",
    ),
    Term(
        "test split",
        ERRORS,
        "Cases set aside from the start and used only to measure. The training split teaches, the "
        "validation split stops the training, calibrates, and chooses the threshold.",
    ),
)
