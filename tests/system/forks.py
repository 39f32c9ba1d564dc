"""Commands as a user runs them, each in a fork of a process that has loaded the libraries: that takes most of its time.

As a program, reads [arguments of Python, folder] as a line of JSON, and prints [exit status, standard output, standard
error] as one. Nothing of the package is loaded before a fork but what loads TensorFlow.
"""

import atexit
import functools
import importlib
import json
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import traceback

from graphical_gan.settings import command_line

ROOT = pathlib.Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
LIBRARIES = (
    "matplotlib.figure", "scipy.stats", "sklearn.cluster", "sklearn.datasets", "sklearn.metrics",
    "tensorboard.summary", "tensorflow_probability.python.distributions",
)  # fmt: skip


def forked(work, out, err):
    """Runs a function in a fork of this process, which prints to two files, and returns the number of the process."""
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream, file in ((1, out), (2, err)):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        status = work() or 0
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def command(*arguments, cwd=ROOT):
    """Does what Python does with some arguments; (exit status, standard output, standard error)."""
    process = _started()
    print(json.dumps([[str(a) for a in arguments], str(cwd)]), file=process.stdin, flush=True)
    return tuple(json.loads(process.stdout.readline()))


@functools.cache
def _started():
    """This module as a program; it ends with the tests."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-m", __name__], **pipes, text=True, cwd=ROOT, env=ENVIRONMENT)
    atexit.register(process.communicate)
    return process


def _as_python(arguments, folder):
    """A script, or -m and a module, with what follows it."""
    os.chdir(folder)
    if arguments[0] == "-m":
        sys.argv, sys.path[0] = arguments[1:], str(folder)
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = arguments, str(pathlib.Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


def _answer(request):
    with tempfile.TemporaryDirectory() as root:
        files = [pathlib.Path(root, name) for name in ("out", "err")]
        number = forked(functools.partial(_as_python, *request), *files)
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        return [status, *(file.read_text(errors="backslashreplace") for file in files)]


def main():
    """The program."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    command_line.load_tensorflow()
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
