"""Scale: the values that calibration tries for a number, coarse to fine."""

from __future__ import annotations

import math
from dataclasses import dataclass

ROUNDS: tuple[tuple[float, ...], ...] = (
    tuple(place / 5 for place in range(-5, 6)),
    (-1 / 5, -1 / 10, 1 / 10, 1 / 5),
    (-1 / 10, -1 / 20, 1 / 20, 1 / 10),
    (-1 / 20, -1 / 40, 1 / 40, 1 / 20),
    (-1 / 80, 1 / 80),
)
"""Steps away from the value held, as parts of the range: first over all of it, then closer and closer."""

FEW = 8
"""A number that can take no more values than this is tried at all of them."""


@dataclass(frozen=True)
class Scale:
    """The range of a number.

    Attributes:
        low: lowest value.
        high: highest value.
        step: resolution; 0 for none.
        default: its usual value. Where that lies near the lower end, useful values crowd there, and places on the
            scale are spaced by ratio, not by difference.
        whole: whether it takes whole numbers only.
    """

    low: float
    high: float
    step: float
    default: float
    whole: bool = False

    def candidates(self, held: float, round_number: int) -> list[float]:
        """Give the values to try in a round beside the one held, in rising order."""
        if round_number == 0 and self.step and (self.high - self.low) / self.step < FEW:
            count = round((self.high - self.low) / self.step) + 1
            return [value for value in (self.rounded(self.low + self.step * n) for n in range(count)) if value != held]
        here = self._place(held)
        places = [here + away for away in ROUNDS[round_number] if -1e-9 <= here + away <= 1 + 1e-9]
        places += [0.0, 1.0] if round_number == 0 else []
        return sorted({self._value(place) for place in places} - {held})

    def between(self, one: float, other: float, share: float) -> float:
        """Give the value that lies ``share`` (0 … 1) of the way from one to another."""
        here = self._place(one)
        return self._value(here + (self._place(other) - here) * share)

    def rounded(self, value: float) -> float:
        """Give the nearest value that can be set."""
        value = round(value / self.step) * self.step if self.step else value
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else round(value, 10)

    def _place(self, value: float) -> float:
        """Give where a value lies in the range, 0 … 1."""
        share = (value - self.low) / (self.high - self.low)
        return math.log1p(share * self._ratio) / math.log1p(self._ratio) if self._ratio else share

    def _value(self, place: float) -> float:
        """Undo :meth:`_place`, rounded."""
        place = min(max(place, 0.0), 1.0)
        share = math.expm1(place * math.log1p(self._ratio)) / self._ratio if self._ratio else place
        return self.rounded(self.low + share * (self.high - self.low))

    @property
    def _ratio(self) -> float:
        """How much closer values lie at the lower end than at the upper one, less 1; 0 for even spacing."""
        span = self.high - self.low
        return min(64.0, span / self.step if self.step else 64.0) if self.default - self.low < span / 4 else 0.0
