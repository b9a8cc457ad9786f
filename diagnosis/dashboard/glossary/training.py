"""Words about training and searching."""

from diagnosis.dashboard.glossary.term import Term

TRAINING = "Training"

ENTRIES = (
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
