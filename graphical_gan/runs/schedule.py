"""When a run logs, evaluates and saves."""

from typing import NamedTuple

from graphical_gan.settings.knobs import Settings

EARLY = 100  # the step after which there are first pictures
REFIT_EVERY = 500  # steps between two fits of the mixture


class Schedule(NamedTuple):
    """What is due after which step: every so many steps, and after the last one; fits of the mixture up to a step."""

    steps: int
    log_every: int
    evaluate_every: int
    save_every: int
    refit_until: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Schedule":
        """That of a run's settings."""
        of_all = {name: settings[name] for name in cls._fields if name != "refit_until"}
        return cls(**of_all, refit_until=settings.get("refit_until") or 0)  # a knob of mixtures alone

    def steps_to_next(self, step: int) -> int:
        """Number of steps until something is due."""
        early = EARLY - step if step < EARLY else self.steps
        intervals = [self.log_every, self.evaluate_every, self.save_every]
        intervals += [REFIT_EVERY] * (step < self.refit_until)
        return min(self.steps - step, early, *(every - step % every for every in intervals))

    def due(self, action: str, step: int) -> bool:
        """Whether an action, "log", "evaluate" or "save", is due after a step."""
        return step >= self.steps or self.regular(action, step)

    def shows(self, step: int) -> bool:
        """Whether pictures alone are due after a step: early ones."""
        return step == EARLY and not self.due("evaluate", step)

    def looks_at_weights(self, step: int) -> bool:
        """Whether something is due after a step that takes all weights to be finite."""
        return self.due("evaluate", step) or self.due("save", step) or self.refits(step)

    def refits(self, step: int) -> bool:
        """Whether the mixture is fitted again after a step."""
        return step <= self.refit_until and step % REFIT_EVERY == 0

    def regular(self, action: str, step: int) -> bool:
        """Whether it is due for its interval, and not only because the run ends there for now."""
        return step % getattr(self, f"{action}_every") == 0
