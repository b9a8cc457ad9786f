"""One fold of one trial: a plain function of what can be pickled, computed wherever there is a worker."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, load
from diagnosis.tuning.plan import Plan
from diagnosis.tuning.space import Setting

if TYPE_CHECKING:
    from diagnosis.models.config import ModelConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldWork:
    """What one fold computes."""

    plan: Plan
    setting: Setting
    number: int  # of the fold, from 0
    attempt: int = 1  # another one is other work: Dask computes equal work once


def fold(work: FoldWork) -> dict[str, Any]:
    """Train with one fold held out, and measure on it.

    Returns:
        ``auc``, the score (several classes: mean one against rest), and ``loss``, both of the held-out fold
        at the best epoch; ``seconds`` of training; ``parameters``; ``epochs`` run and ``best_epoch``.

    Raises:
        InputError: the data set is gone or another one, the loss became NaN, or the memory did not suffice.
    """
    # Every fold is a model with functions of its own, of which TensorFlow warns on stderr.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    plan, setting = work.plan, work.setting
    loaded = _loaded(plan)

    import keras

    from diagnosis.datasets.folds import held_out
    from diagnosis.models.config import config_for, learned_encoder
    from diagnosis.sequences import Augmentation
    from diagnosis.training.config import TrainingConfig
    from diagnosis.training.fit import fit

    dataset = held_out(loaded, plan.folds, work.number, plan.seed)
    config = config_for(
        plan.variant,
        dataset.facts,
        size=plan.size,
        encoder=learned_encoder(dataset),
        units=setting.of_each_layer,
        dropout=setting.dropout,
    )
    recipe = TrainingConfig(
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        learning_rate=setting.learning_rate,
        augmentation=Augmentation() if plan.augmented else None,
        seed=(plan.seed + work.number)
        % 2**32,  # every trial meets the same chance in the same fold
    )
    try:
        fitted = fit(config, recipe, dataset)
        auc = score(fitted.model, config, dataset)
    except InputError:
        raise
    except (
        Exception
    ) as error:  # such as TensorFlow's, which cannot always be sent back to the driver
        log.exception("A fold could not be computed")
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        raise InputError(
            f"It could not be computed ({type(error).__name__}: {reason}): try fewer units or a smaller "
            "batch."
        ) from None
    finally:
        keras.utils.clear_session(free_memory=True)
    return {
        "auc": auc,
        "loss": fitted.history["val_loss"][fitted.best_epoch - 1],
        "seconds": round(fitted.seconds, 2),
        "parameters": int(fitted.model.count_params()),
        "epochs": len(fitted.history["loss"]),
        "best_epoch": fitted.best_epoch,
    }


@lru_cache(maxsize=1)  # a worker computes many folds of one search
def _read(name: str, size: int) -> Dataset:
    return load(name, size=size, download=False)


def _loaded(plan: Plan) -> Dataset:
    dataset = _read(plan.dataset, plan.size)
    if dataset.sha256 != plan.sha256:
        _read.cache_clear()
        raise InputError(
            "The data set here is not the one that the search was planned with (its SHA-256 differs)."
        )
    return dataset


def score(model: Any, config: "ModelConfig", dataset: Dataset) -> float:
    """AUC of a Keras model on the validation split; of several classes the mean of one against the rest.

    Raises:
        InputError: it answers no numbers.
    """
    import numpy as np

    from diagnosis.evaluation.auc import auc, mean_auc
    from diagnosis.models import heads

    sequences = config.encoder.batch(dataset.images["val"])
    logits = model.predict(sequences, batch_size=256, verbose=0)
    probabilities = heads.probabilities(logits, config.task)
    labels = dataset.labels["val"]
    if not np.isfinite(probabilities).all():
        raise InputError("The network answers no numbers: lower the learning rate.")
    if config.task == "binary":
        return auc(labels == config.finding, probabilities[:, config.finding]).estimate
    one_hot = labels if labels.ndim == 2 else np.eye(len(config.classes))[labels]
    return mean_auc(one_hot, probabilities)
