"""The optimizer of a recipe: its schedule, its clipping, and the norm of the gradient that it saw."""

from functools import cache
from typing import Any

import keras
from keras import ops

from diagnosis.training.config import TrainingConfig

WARM_UP = 0.05  # part of all steps in which a cosine schedule rises to its learning rate
STEP_FACTOR, STEP_PARTS = (
    0.3,
    3,
)  # a step schedule falls by this factor, this many times at even distances


def optimizer(training: TrainingConfig, *, steps: int) -> keras.optimizers.Optimizer:
    """Keras' Adam or AdamW with the recipe's schedule and clipping.

    Args:
        training: the recipe.
        steps: batches an epoch.
    """
    options: dict[str, Any] = {"global_clipnorm": training.clip_norm or None}
    if training.averaging:
        options |= {"use_ema": True, "ema_momentum": training.averaging}
    kind = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[training.optimizer]
    if training.optimizer == "adamw":
        options["weight_decay"] = training.weight_decay
    made = _watched(kind)(_learning_rate(training, steps), **options)
    # float16 gradients would underflow; Keras scales the loss by itself only under a global policy
    return keras.optimizers.LossScaleOptimizer(made) if training.mixed_precision else made


def gradient_norm(optimizer: keras.optimizers.Optimizer) -> float:
    """Norm of the whole gradient at the last step, before it was clipped."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return float(ops.convert_to_numpy(inner.gradient_norm))


def learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate of the next step."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return float(ops.convert_to_numpy(inner.learning_rate))


@cache
def _watched(kind: type) -> type:
    """An optimizer class that keeps the gradient's norm in a variable of its own.

    Keras computes the norm when it clips, and tells nobody. A variable of the optimizer is part of its
    state on every backend.
    """

    class Watched(kind):
        def build(self, variables: Any) -> None:
            if not self.built:
                super().build(variables)
                self.gradient_norm = self.add_variable(
                    shape=(), dtype="float32", initializer="zeros", name="gradient_norm"
                )

        def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
            if not self.built:
                self.build(trainable_variables)
            known = [ops.cast(grad, "float32") for grad in grads if grad is not None]
            self.gradient_norm.assign(ops.sqrt(sum(ops.sum(ops.square(grad)) for grad in known)))
            return super().apply(grads, trainable_variables)

    return Watched


def _learning_rate(training: TrainingConfig, steps: int) -> Any:
    total = steps * training.epochs
    if training.schedule == "cosine":
        warm_up = int(total * WARM_UP)
        return keras.optimizers.schedules.CosineDecay(
            training.learning_rate / 10,
            max(1, total - warm_up),
            alpha=0.1,
            warmup_target=training.learning_rate,
            warmup_steps=warm_up,
        )
    if training.schedule == "step":
        parts = STEP_PARTS + 1
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            [total * part // parts for part in range(1, parts)],
            [training.learning_rate * STEP_FACTOR**part for part in range(parts)],
        )
    return training.learning_rate
