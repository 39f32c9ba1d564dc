"""Threads that an operation is split over: on a CPU the last bits of its result depend on their number."""

import os

import tensorflow as tf

SMALL = 1500  # width times the side of an image, below which two operations at once are faster than each on two CPUs


def number() -> int:
    """How many there are, from TensorFlow's settings, TF_NUM_INTRAOP_THREADS, or the CPUs of this process."""
    return _configured() or len(os.sched_getaffinity(0))


def _configured():
    named = tf.config.threading.get_intra_op_parallelism_threads()
    given = os.environ.get("TF_NUM_INTRAOP_THREADS") or "0"
    if not given.isdecimal():
        raise ValueError(f"TF_NUM_INTRAOP_THREADS={given}; expected a whole number. Give one, or leave it out.")
    return named or int(given)


def choose(size: int, before: int | None) -> None:
    """On two CPUs, has each operation of small networks take one thread, so that two are computed at a time.

    Steps then take 0.70 to 0.95 of the time, and of larger ones as much or up to a tenth more (docs/speed.md). The bits
    are those of one CPU. TF_NUM_INTRAOP_THREADS, and what a run began with, come first.

    Args:
        size: the width of the networks times the side of an image.
        before: the number that the run began with; None of a new one.
    """
    if size < SMALL and before in (None, 1) and not _configured() and len(os.sched_getaffinity(0)) == 2:
        tf.config.threading.set_intra_op_parallelism_threads(1)


def keep(before: int | None, pin: bool) -> str | None:
    """Has a run go on with as many as it began with, or says that its last bits will be others.

    Args:
        before: the number that it began with; None if that is not known.
        pin: whether to set that number here, which TensorFlow allows only before it has run anything.

    Returns:
        A sentence, None if there is nothing to say.
    """
    here = number()
    if before in (None, here):
        return None
    if pin:
        tf.config.threading.set_intra_op_parallelism_threads(before)
        return f"Goes on with {before} threads, as it began, and not with the {here} of this machine."
    return (
        f"The run began with {before} threads an operation and goes on with {here}: the last digits of its numbers "
        "will be others than without the stop, and with --deterministic, or with "
        f"TF_NUM_INTRAOP_THREADS={before}, the same."
    )
