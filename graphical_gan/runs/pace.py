"""How fast a run trains."""

import contextlib
import time
from collections.abc import Iterator

CALL = 20  # most steps inside one call, so that the progress bar moves
PATIENCE = 2.0  # seconds a call may take, so that a signal is soon obeyed


class Pace:
    """Counts steps and the time of training alone.

    Attributes:
        call: how many steps the next call should take.
    """

    def __init__(self):
        self.call = 1
        self._steps, self._seconds = 0, 0.0

    @contextlib.contextmanager
    def training(self, steps: int) -> Iterator[None]:
        """Around a call of some steps."""
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        self._steps, self._seconds = self._steps + steps, self._seconds + seconds
        self.call = max(1, min(CALL, int(PATIENCE * steps / seconds)))

    def read(self) -> float:
        """Steps a second since it was last read."""
        speed = self._steps / self._seconds
        self._steps, self._seconds = 0, 0.0
        return speed
