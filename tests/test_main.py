"""All commands by one name."""

import graphical_gan
from tests.system.forks import command


def test_the_version_is_said():
    assert command("-m", "graphical_gan", "--version") == (0, f"graphical-gan {graphical_gan.__version__}\n", "")


def test_a_command_that_there_is_not_is_said_by_the_name_of_the_program():
    status, _, err = command("-m", "graphical_gan", "train")
    assert status == 2 and err.startswith("graphical-gan: 'train' is no command; expected one of train-gmgan, ")
