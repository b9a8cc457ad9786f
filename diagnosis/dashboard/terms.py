"""What the words on the screen mean: the glossary page and every tooltip say the same.

Equations are written as the code computes them (diagnosis/traces/cells.py): x_t is the row that is read at
timestep t, h the hidden state, c the cell state, σ the logistic function, ⊙ the elementwise product; W, U
and b are weights that training found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

READING, LSTM, GRU, REASONS, ANSWERS, ERRORS, COMPARING, TRAINING = (
    "Reading a scan",
    "LSTM",
    "GRU",
    "Why this answer",
    "From number to answer",
    "How often it errs",
    "Comparing models",
    "Training",
)


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


_TABLE = (
    Term(
        "timestep",
        READING,
        "One step of reading. A picture is read row by row, a volume slice by slice, so a timestep is one "
        "row or one slice.",
    ),
    Term(
        "hidden state",
        READING,
        "What the network hands on from one timestep to the next: one number for each unit, usually "
        "between −1 and 1. The answer is computed from the last one. A single unit has no clinical "
        "meaning of its own.",
        (r"h_t \in \mathbb{R}^{\text{units}}",),
    ),
    Term(
        "unit",
        READING,
        "One of the numbers that make up a hidden state. An LSTM with 50 units carries 50 numbers from "
        "row to row.",
    ),
    Term(
        "gate",
        READING,
        "A number between 0 and 1 that a network computes for each unit at each timestep, and by which it "
        "multiplies something: at 0 nothing passes, at 1 all of it. What a gate lets through is learned.",
    ),
    Term(
        "running verdict",
        READING,
        "What the answer would be if the scan ended at this row: the class probabilities computed from "
        "the hidden state so far. A bidirectional network reads rows 1 to t again for it, in both "
        "directions.",
    ),
    Term(
        "replay difference",
        READING,
        "The gates are computed again from the layer's own weights and inputs. The replay difference is "
        "the largest distance between the states that this gives and those that the layer itself gave; "
        "below 0.00001 the gates shown are the network's own.",
        (r"\max_{t,\,\text{unit}} \left| h_t^{\text{replayed}} - h_t^{\text{layer}} \right|",),
    ),
    Term(
        "SimpleRNN",
        READING,
        "The plainest recurrent network: one hidden state and no gates, so that each row overwrites part "
        "of what was kept.",
        (r"h_t = \tanh(x_t W + h_{t-1} U + b)",),
    ),
    Term(
        "cell state",
        LSTM,
        "The LSTM's long memory, one number for each unit. It changes only through the gates: part of it "
        "is kept, something new is added. It has no fixed range.",
        (r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",),
    ),
    Term(
        "input gate",
        LSTM,
        "How much of the new candidate is written into the cell state: 0 nothing, 1 all of it.",
        (r"i_t = \sigma(x_t W_i + h_{t-1} U_i + b_i)",),
    ),
    Term(
        "forget gate",
        LSTM,
        "How much of the cell state is kept from the row before: 0 forgets it, 1 keeps all of it.",
        (r"f_t = \sigma(x_t W_f + h_{t-1} U_f + b_f)",),
    ),
    Term(
        "candidate",
        LSTM,
        "What this row would add to memory, between −1 and 1. Written g in an LSTM, and h with a tilde "
        "in a GRU.",
        (r"g_t = \tanh(x_t W_g + h_{t-1} U_g + b_g)",),
    ),
    Term(
        "output gate",
        LSTM,
        "How much of the cell state is shown as hidden state: 0 hides it, 1 shows all of it.",
        (r"o_t = \sigma(x_t W_o + h_{t-1} U_o + b_o)", r"h_t = o_t \odot \tanh(c_t)"),
    ),
    Term(
        "update gate",
        GRU,
        "How much of the old hidden state stays, in the convention drawn here (Keras'): at z = 1 all of "
        "it stays, at z = 0 the candidate replaces it.",
        (
            r"z_t = \sigma(x_t W_z + h_{t-1} U_z + b_z)",
            r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t",
        ),
    ),
    Term(
        "convention of z",
        GRU,
        "Papers write the update gate both ways round. Scanline draws Keras' z, which is the share of "
        "the old state; where a paper's z is the share of the candidate, its z is 1 minus the one here. "
        "Both networks are the same.",
        (
            r"\begin{aligned}&\text{drawn here:}\\ "
            r"&h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t\end{aligned}",
            r"\begin{aligned}&\text{the other way:}\\ "
            r"&h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t\end{aligned}",
        ),
    ),
    Term(
        "reset gate",
        GRU,
        "How much of the old hidden state the candidate may use: 0 ignores it, 1 uses all of it.",
        (r"r_t = \sigma(x_t W_r + h_{t-1} U_r + b_r)",),
    ),
    Term(
        "reset_after",
        GRU,
        "Where the reset gate acts: after the matrix product (true: the usual form, needed by fast GPU "
        "code) or before it (false: the form of the first paper, Cho et al. 2014). The two are different "
        "networks with different weights.",
        (
            r"\begin{aligned}&\text{true:}\\ &\tilde h_t = \tanh\bigl(x_t W_h + b_h\\ "
            r"&\quad {} + r_t \odot (h_{t-1} U_h + b'_h)\bigr)\end{aligned}",
            r"\begin{aligned}&\text{false:}\\ &\tilde h_t = \tanh\bigl(x_t W_h + b_h\\ "
            r"&\quad {} + (r_t \odot h_{t-1}) U_h\bigr)\end{aligned}",
        ),
    ),
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
        "novelty",
        ANSWERS,
        "How unlike a picture is to those the model was trained on: its distance to the nearest of up to 64 "
        "typical training images, each a mean of several. p is the share of the validation images that are "
        "at least as far, the picture counted in. Up to 5 % it is unusual; up to 0.5 %, or farther than "
        "every one of fewer than 200, nothing is called.",
        (r"p = \frac{1 + \#\{i : d_i \ge d\}}{1 + n}",),
    ),
    Term(
        "margin",
        ANSWERS,
        "How far an answer is from another one, in log odds: of two classes the distance of the estimated "
        "probability from the threshold, of several that of the most probable class from the second.",
        (r"\left| \log \frac{p}{1 - p} - \log \frac{t}{1 - t} \right|",),
    ),
    Term(
        "no call",
        ANSWERS,
        "What is said of a case that is too close to call: its margin is as small as those of the tenth of "
        "the validation images with the smallest ones. The estimated probabilities are shown, and a person "
        "decides.",
    ),
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
    Term(
        "agreement",
        COMPARING,
        "Whether several models call the same on one case. Models that learned from the same pictures tend "
        "to err on the same ones, so agreement is no proof.",
    ),
    Term(
        "paired comparison",
        COMPARING,
        "Two models measured on the same cases. What is hard for one is mostly hard for the other, so their "
        "difference is known better than their two separate intervals suggest.",
    ),
    Term(
        "p value",
        COMPARING,
        "How often chance alone would give a difference at least as large if there were none. A small one "
        "is evidence of a difference, a large one is not evidence that there is none.",
    ),
    Term(
        "DeLong",
        COMPARING,
        "A way to say how sure the difference of two AUCs on the same cases is (DeLong and others, 1988). "
        "It takes into account that both models are measured on the same cases.",
    ),
    Term(
        "McNemar",
        COMPARING,
        "A test of errors on the same cases (McNemar, 1947). It looks only at the cases that one model has "
        "right and the other wrong: if the models were equal, each would have about half of them.",
    ),
    Term(
        "seed",
        COMPARING,
        "The number that fixes what is left to chance in training: the first weights and the order of the "
        "cases. Training again with another seed shows how much of a figure is luck.",
    ),
    Term(
        "epoch",
        TRAINING,
        "One pass through all training images. After each the network is tried on the validation split, and "
        "the weights of the best epoch are the ones that are kept.",
    ),
    Term(
        "loss",
        TRAINING,
        "What training makes small: the cross-entropy, which is large where a wrong answer got a high score. "
        "If it goes on falling for training and rises for validation, the network learns cases by heart.",
    ),
    Term(
        "learning rate",
        TRAINING,
        "How far the weights move at each step. Too large and the loss jumps or is no number any more, too "
        "small and training takes long.",
    ),
    Term(
        "gradient norm",
        TRAINING,
        "How steeply the loss rises with all weights together at a step. In recurrent networks it can grow "
        "suddenly, so it is clipped: cut down to a largest value.",
    ),
    Term(
        "dropout",
        TRAINING,
        "The share of a layer's output that is set to zero at random at each step of training, so that the "
        "network does not rely on single units. When it reads a scan nothing is dropped.",
    ),
    Term(
        "augmentation",
        TRAINING,
        "Training images are shifted, turned, scaled and brightened a little at random, differently in "
        "each epoch, so that the network sees more than the set holds. Images that measure it stay as they "
        "are.",
    ),
    Term(
        "cross-validation",
        TRAINING,
        "The training and validation images are divided into folds, all images of a patient into the same "
        "one where patients are known. A network is trained once for each fold, on the others, and "
        "measured on that fold; the mean says more than one split would.",
    ),
    Term(
        "trial",
        TRAINING,
        "One setting of a search, such as 64 units and a dropout of 0.2, with the score that "
        "cross-validation gave it. A trial that is worse than half of the others after a fold is "
        "pruned: given up.",
    ),
)

TERMS: Mapping[str, Term] = MappingProxyType({entry.name: entry for entry in _TABLE})
SECTIONS = (READING, LSTM, GRU, REASONS, ANSWERS, ERRORS, COMPARING, TRAINING)


def term(name: str) -> str:
    """The meaning of a word, for a tooltip.

    Raises:
        KeyError: it is not in the glossary.
    """
    return TERMS[name].meaning
