"""Kills training at any moment, many times: python -m tests.system.kills gmgan --kills=500 --seed=0

Each process is a fork of this one, which has imported TensorFlow and computed nothing yet, so that it starts at once.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

from absl import flags

from graphical_gan import train
from graphical_gan.runs.programs import PROGRAMS
from graphical_gan.settings import command_line

SMALL = ("--width=2", "--units=8", "--latent=6", "--batch_size=8", "--steps=30", "--log_every=3", "--evaluate_every=10",
         "--save_every=2", "--update=simultaneous")  # fmt: skip
OWN = {"gmgan": ("--K=5",), "ssgan": ("--T=4", "--motion=3", "--transition_units=8")}
HALF_WRITTEN = "checkpoints/.ckpt-*.new"


def forked(work, log):
    """Runs a function in a fork of this process, which prints to a file, and returns the number of the process."""
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        for stream in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        status = work() or 0
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def training(name, path):
    """Trains an instance in a folder, as its command does."""
    command_line.define(PROGRAMS[name].recipe.knobs)
    sys.argv = [f"train_{name}.py", "--recipe=released", *SMALL, *OWN[name], f"--run_dir={path}"]
    flags.FLAGS(sys.argv)
    train.train(PROGRAMS[name], sys.argv[:1])


def same(whole, path):
    """Compares two run folders."""
    from tests.small_runs import assert_same_folders

    assert_same_folders(whole, path)


def killed(number, path, wait, while_saving):
    """Waits some seconds, then for a checkpoint that is being written if asked to, and kills the process.

    Returns:
        Whether it was killed; False if it ended before, and is still to be waited for.
    """
    until, late = time.monotonic() + wait, time.monotonic() + wait + 30
    while time.monotonic() < until or (while_saving and time.monotonic() < late and not list(path.glob(HALF_WRITTEN))):
        if os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return False
        time.sleep(0.0002 if while_saving else 0.01)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return True


class Kills:
    """Runs of an instance in a folder, which are killed until they end by themselves."""

    def __init__(self, name, root):
        self.name, self.log, self.whole = name, root / "log", root / "whole"
        begun = time.monotonic()
        self.check(forked(lambda: training(name, self.whole), self.log))
        self.seconds = time.monotonic() - begun
        self.done = self.half_written = self.ended = 0

    def check(self, number):
        """Waits for a process, which must end well."""
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        assert status == 0, f"{self.name}, run {self.ended}: status {status}, {self.log.read_text()[-3000:]}"

    def one_run(self, path, draws, most):
        """Kills a run until it ends by itself, `most` times at most, and compares it with the one left alone."""
        for _ in range(most):
            number = forked(lambda: training(self.name, path), self.log)
            if not killed(number, path, draws.uniform(0, 1.1 * self.seconds), draws.random() < 0.3):
                break
            self.done += 1
            self.half_written += bool(list(path.glob(HALF_WRITTEN)))
        else:
            number = forked(lambda: training(self.name, path), self.log)
        self.check(number)
        self.check(forked(lambda: same(self.whole, path), self.log))
        self.ended += 1


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(OWN))
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    command_line.load_tensorflow()
    draws = random.Random(f"{given.name} {given.seed}")
    with tempfile.TemporaryDirectory() as root:
        kills = Kills(given.name, pathlib.Path(root))
        while kills.done < given.kills:
            path = pathlib.Path(root, f"run-{kills.ended}")
            kills.one_run(path, draws, given.kills - kills.done)
            shutil.rmtree(path)
            print(
                f"{given.name}: {kills.done} kills, {kills.half_written} of them while a checkpoint was being written; "
                f"{kills.ended} runs ended by themselves, each as one that was left alone",
                flush=True,
            )


if __name__ == "__main__":
    main()
