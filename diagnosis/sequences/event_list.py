"""What is drawn of a record beside states and gates: one event a step."""

from dataclasses import dataclass

import numpy as np

MIDDLE, SPAN = 128, 40  # grey level of a mean value, and grey levels of one standard deviation


@dataclass(frozen=True, eq=False)
class EventList:
    """The events of a record in the order in which they are read, facts first, without padding.

    Attributes:
        codes: what was measured or done; "unknown code" where the model does not know it.
        values: float ``(events,)``; NaN if there is none.
        units: of the values; "" if none is known.
        hours: float ``(events,)``, from the first event; NaN of facts.
        scaled: the values in standard deviations from the training split's mean; NaN if there is none.
        read: bool ``(events,)``; False where a perturbation masked the event.
    """

    codes: tuple[str, ...]
    values: np.ndarray
    units: tuple[str, ...]
    hours: np.ndarray
    scaled: np.ndarray
    read: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def labels(self) -> tuple[str, ...]:
        """An event in words: "Creatinine 3.1 mg/dL"."""
        return tuple(
            code if np.isnan(value) else f"{code} {value:.4g} {unit}".rstrip()
            for code, value, unit in zip(self.codes, self.values, self.units, strict=True)
        )

    @property
    def lines(self) -> np.ndarray:
        """One line a step, uint8 ``(events, 1, 1)``: bright where the value is high."""
        greys = MIDDLE + SPAN * np.nan_to_num(self.scaled)
        shown = np.where(self.read, np.clip(greys, 0, 255), 0)
        return shown.astype(np.uint8)[:, None, None]
