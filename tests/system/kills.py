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

from absl import flags

from graphical_gan import runs, train
from graphical_gan.runs.programs import PROGRAMS
from graphical_gan.settings import command_line
from tests.system.forks import forked

SMALL = ("--width=2", "--units=8", "--latent=6", "--batch_size=8", "--steps=30", "--log_every=3", "--evaluate_every=10",
         "--save_every=2", "--update=simultaneous")  # fmt: skip
OWN = {"gmgan": ("--K=5",), "ssgan": ("--T=4", "--motion=3", "--transition_units=8")}
HALF_WRITTEN = "checkpoints/.ckpt-*.new"
IN_A_SAVE = ("write_json", "_checksum", "_sync")  # what saving calls while a checkpoint has not its name yet


def training(name, path, while_saving=None):
    """Trains an instance in a folder, as its command does.

    Args:
        while_saving: (name of a function of `checkpoints`, time): kills itself there after that time.
    """
    if while_saving:
        killed_inside(*while_saving)
    command_line.define(PROGRAMS[name].recipe.knobs)
    sys.argv = [f"train_{name}.py", "--recipe=released", *SMALL, *OWN[name], f"--run_dir={path}"]
    flags.FLAGS(sys.argv)
    train.train(PROGRAMS[name], sys.argv[:1])


def killed_inside(name, until):
    """Has this process kill itself in a function of `checkpoints`: on a busy machine, no other is in time for that."""
    function = getattr(runs.checkpoints, name)

    def last(*args):
        if time.monotonic() > until:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args)

    setattr(runs.checkpoints, name, last)


def same(whole, path):
    """Compares two run folders."""
    from tests.small_runs import assert_same_folders

    assert_same_folders(whole, path)


def killed(number, until):
    """Kills a process at some time.

    Args:
        until: the time; None if it kills itself.

    Returns:
        Whether it was killed; False if it ended before, and is still to be waited for.
    """
    while until is None or time.monotonic() < until:
        if ended := os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if (ended.si_code, ended.si_status) != (os.CLD_KILLED, signal.SIGKILL):
                return False
            break
        time.sleep(0.01)
    else:
        os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return True


def saved(path):
    """The names of a run's checkpoints."""
    return {checkpoint.name for checkpoint in path.glob("checkpoints/ckpt-*")}


class Kills:
    """Runs of an instance in a folder, which are killed until they end by themselves."""

    def __init__(self, name, root):
        self.name, self.log, self.whole = name, root / "log", root / "whole"
        begun = time.monotonic()
        self.check(forked(lambda: training(name, self.whole), self.log, self.log))
        self.life = time.monotonic() - begun  # the longest that is drawn for a process, in seconds
        self.done = self.half_written = self.ended = 0

    def check(self, number):
        """Waits for a process, which must end well."""
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        assert status == 0, f"{self.name}, run {self.ended}: status {status}, {self.log.read_text()[-3000:]}"

    def one_run(self, path, draws, most):
        """Kills a run until it ends by itself, `most` times at most, and compares it with the one left alone.

        Lives get longer after one without a checkpoint, else shorter: most are cut, and a busy machine gets on too.
        """
        for _ in range(most):
            before, until = saved(path), time.monotonic() + draws.uniform(0, self.life)
            inside = (draws.choice(IN_A_SAVE), until) if draws.random() < 0.3 else None
            number = forked(lambda inside=inside: training(self.name, path, inside), self.log, self.log)
            if not killed(number, None if inside else until):
                self.life *= 0.8
                break
            self.done += 1
            self.half_written += bool(list(path.glob(HALF_WRITTEN)))
            self.life *= 1.1 if saved(path) == before else 0.9
        else:
            number = forked(lambda: training(self.name, path), self.log, self.log)
        self.check(number)
        self.check(forked(lambda: same(self.whole, path), self.log, self.log))
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
