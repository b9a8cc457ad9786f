"""Words about why an answer came out as it did."""

from diagnosis.dashboard.glossary.term import Term

REASONS = "Why this answer"

ENTRIES = (
    Term(
        "occlusion",
        REASONS,
        "One row is replaced by the mean row of the training images and the picture is read again: what the "
        "estimated probability loses is what that row did for the answer.",
    ),
    Term(
        "integrated gradients",
        REASONS,
        "The picture is faded in from the mean training image, and what each row adds to the log odds on the "
        "way is summed up. The rows' sums add up to the difference between the two answers; what is missing "
        "of it is the completeness residual.",
        (
            r"\sum_f (x_{tf} - x'_{tf})"
            r" \int_0^1 \frac{\partial F(x' + \alpha (x - x'))}{\partial x_{tf}}\,d\alpha",
        ),
    ),
    Term(
        "control band",
        REASONS,
        "How large a weight a row gets by chance: nine in ten rows drawn at random from training images lie "
        "inside the band. A row outside it matters more than random rows do; one inside is not cleared.",
    ),
    Term(
        "silenced unit",
        REASONS,
        "A unit that still computes but that nobody hears: neither its own layer at the next row nor what "
        "comes after. How the answer changes shows whether the network needs it in this case.",
    ),
    Term(
        "similar cases",
        REASONS,
        "The training images whose hidden states lie nearest to those of the case, after every row or at the "
        "end. Alike to the network, which need not be alike to a doctor.",
    ),
    Term(
        "saturated gate",
        REASONS,
        "A gate below 0.1 is called closed, above 0.9 open. A unit whose forget gate is nearly always open "
        "remembers; one whose gates are never saturated mixes old and new at every row.",
    ),
    Term(
        "memory length",
        REASONS,
        "After how many rows about a third (1/e) of what a unit holds is left, if its forget gate stayed at "
        "its mean: minus one over the logarithm of that mean.",
        (r"T = -1 / \ln \bar f",),
    ),
)
