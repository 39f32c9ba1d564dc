"""SIGTERM and Ctrl-C end a run in order."""

import contextlib
import signal
import sys
from collections.abc import Iterator

EXIT_STATUS = {signal.SIGTERM: 0, signal.SIGINT: 130}


class Interrupted(KeyboardInterrupt):
    """A signal asks the process to end now."""


class Signals:
    """What the process was asked, from `with Signals() as signals` on; a second Ctrl-C ends it at once.

    Attributes:
        received: SIGTERM or SIGINT, whichever came first, else None.
    """

    def __init__(self):
        self.received: signal.Signals | None = None
        self._held, self._handlers, self._hook = False, {}, sys.unraisablehook

    def __enter__(self):
        self._hook, sys.unraisablehook = sys.unraisablehook, self._unraisable
        self._handlers = {number: signal.signal(number, self._handle) for number in EXIT_STATUS}
        return self

    def __exit__(self, *_):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook

    def _unraisable(self, what):
        """Python prints what can't be raised, as in `__del__`; that a signal came there is no news."""
        if not issubclass(what.exc_type, Interrupted):
            self._hook(what)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Inside, a signal is only noted in `received`; elsewhere it raises `Interrupted`."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def _handle(self, number, _):
        self.received = self.received or signal.Signals(number)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not self._held:
            raise Interrupted
