"""When a run logs, evaluates and saves."""

from typing import NamedTuple

from graphical_gan.settings.knobs import Settings

EARLY = 100  # the step after which there are first pictures


class Schedule(NamedTuple):
    """What is due after which step: every so many steps, and after the last one."""

    steps: int
    log_every: int
    evaluate_every: int
    save_every: int

    @classmethod
    def of(cls, settings: Settings) -> "Schedule":
        """That of a run's settings."""
        return cls(**{name: settings[name] for name in cls._fields})

    def steps_to_next(self, step: int) -> int:
        """Number of steps until something is due."""
        early = EARLY - step if step < EARLY else self.steps
        return min(self.steps - step, early, *(every - step % every for every in self[1:]))

    def due(self, action: str, step: int) -> bool:
        """Whether an action, "log", "evaluate" or "save", is due after a step."""
        return step >= self.steps or self.regular(action, step)

    def shows(self, step: int) -> bool:
        """Whether pictures alone are due after a step: early ones."""
        return step == EARLY and not self.due("evaluate", step)

    def regular(self, action: str, step: int) -> bool:
        """Whether it is due for its interval, and not only because the run ends there for now."""
        return step % getattr(self, f"{action}_every") == 0
