"""One case through one model version: forward pass, calibration, policy."""

import threading
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar
from weakref import WeakSet

import numpy as np

from diagnosis.cases import Case
from diagnosis.inference.interpreter import Interpreter
from diagnosis.inference.prediction import Prediction
from diagnosis.models.forward import Forward
from diagnosis.models.store import Version
from diagnosis.sequences import Sequence
from diagnosis.traces import Trace
from diagnosis.traces.ablation import AblatedOutput, Ablation
from diagnosis.traces.check import check_logits, check_states, rebuilt_once
from diagnosis.traces.tracer import Tracer

T = TypeVar("T")


class Predictor(Interpreter):
    """A version that reads scans and data set images. Safe to share between threads.

    It never changes, but for what is compiled of it: that is built again if its check fails.
    """

    def __init__(self, version: Version) -> None:
        """Load it.

        Raises:
            ModelError: its files are not what was saved.
        """
        super().__init__(version)
        self.forward = Forward(version)
        self._agree: WeakSet[Tracer | Ablation] = WeakSet()  # that were seen to, once
        self._building = threading.Lock()

    @cached_property
    def tracer(self) -> Tracer | None:
        """Traces of a recurrent model; None for one without states."""
        return Tracer(self.forward.model) if self.config.recurrent else None

    @cached_property
    def ablation(self) -> Ablation:
        """Predictions with ablated units.

        Raises:
            InputError: the model has no units to ablate.
        """
        return Ablation(self.forward.model)

    def predict(self, case: Case, *, trace: bool = True) -> Prediction:
        """Read a case.

        Args:
            case: a scan or an example.
            trace: whether to return states, gates and per-step predictions.

        Raises:
            InputError: the case does not have what the model reads.
            CheckError: as ``checked``.
        """
        return self.predict_perturbed(case, self.config.encoder.encode(case), trace=trace)

    def predict_perturbed(
        self,
        case: Case,
        sequence: Sequence,
        *,
        trace: bool = True,
        ablated: Mapping[str, Collection[int]] = MappingProxyType({}),
    ) -> Prediction:
        """Read a case whose sequence was perturbed, or with units ablated; see ``Interpreter.prediction``.

        Args:
            case: that the sequence was made of.
            sequence: that is read.
            trace: whether to return states, gates and per-step predictions.
            ablated: units, as ``Ablation`` takes them. There are per-step predictions then, but no trace.

        Raises:
            InputError: there are no such units, or the case does not have what the model reads.
            CheckError: as ``checked``.
        """
        values = sequence.values
        traced: Trace | None = None
        output: Trace | AblatedOutput | None = None
        if any(ablated.values()):
            output = self.checked(lambda: self._ablated(values, ablated))
        elif trace and self.config.recurrent:
            traced = output = self.checked(lambda: self._traced(values))
        logits = self.forward(values[None])[0] if output is None else output.logits
        per_step = None if output is None else output.per_step_logits
        return self.prediction(case, sequence, logits, per_step_logits=per_step, trace=traced)

    def checked(self, compute: Callable[[], T]) -> T:
        """Compute with what is compiled of the model; if its check fails, build that again, once.

        Raises:
            CheckError: the check failed again.
        """
        forward = self.forward

        def rebuild() -> None:
            with self._building:
                if self.forward is forward:  # no other thread was first
                    self.forward = Forward(self.version)
                    for part in ("tracer", "ablation"):
                        self.__dict__.pop(part, None)

        return rebuilt_once(compute, rebuild)

    def _traced(self, sequence: np.ndarray) -> Trace:
        tracer = self.tracer
        assert tracer is not None
        trace = tracer(sequence)
        check_states(trace.difference)
        self._check(tracer, sequence, lambda: trace.logits)
        return trace

    def _ablated(
        self, sequence: np.ndarray, ablated: Mapping[str, Collection[int]]
    ) -> AblatedOutput:
        ablation = self.ablation
        self._check(ablation, sequence, lambda: ablation(sequence, {}).logits)
        return ablation(sequence, ablated)

    def _check(
        self, part: Tracer | Ablation, sequence: np.ndarray, logits: Callable[[], np.ndarray]
    ) -> None:
        """Once for whatever was compiled: the model's own layers take a hundred times as long."""
        if part not in self._agree:
            check_logits(self.forward.model, sequence, logits())
            self._agree.add(part)
