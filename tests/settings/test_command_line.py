"""What a command says of its flags, and of those that it does not have."""

import numpy as np
import pytest

from graphical_gan.settings import command_line, helping, recipes
from tests.system.forks import command


def test_groups_and_hints_name_flags_that_there_are():
    known = {knob.name for instance in (recipes.GMGAN, recipes.SSGAN) for knob in instance.knobs} | {"dry_run"}
    grouped = [name for names in helping.GROUPS.values() for name in names]
    assert set(grouped) <= known and len(set(grouped)) == len(grouped) and set(helping.OTHER_NAMES) <= known
    hinted = [name for names in helping.OTHER_NAMES.values() for name in names]
    assert not set(hinted) & known and len(set(hinted)) == len(hinted)


@pytest.mark.parametrize("asked", ["--help", "-h", "-help"])
def test_help_is_one_screen_of_groups_with_the_defaults_of_the_data_set(asked):
    status, out, err = command("train_gmgan.py", "--dataset=mnist", asked)
    assert status == 0 and not err
    for part in ("What is trained:", "--dataset=mnist", "--K=30 ", "--steps=200000", "--help", "embedded digits"):
        assert part in out
    assert len(out.splitlines()) <= 50 and max(map(len, out.splitlines())) <= 120 and "--temperature" not in out


def test_too_little_memory_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["command"])
    with pytest.raises(SystemExit, match="1"):
        command_line.run(lambda argv: np.empty(2**59))
    said = capsys.readouterr().err
    assert said.startswith("There is too little memory: Unable to allocate 4.00 EiB") and len(said.splitlines()) == 1


def test_a_mistake_beside_help_is_said():
    status, out, err = command("train_gmgan.py", "--help", "--K=0")
    assert status == 2 and "--K=0 is out of range" in err and not out


def test_helpfull_has_every_flag_of_ours_and_none_of_absl():
    status, out, _ = command("train_ssgan.py", "--helpfull")
    assert status == 0 and all(f"\n  --{knob.name}" in out for knob in recipes.SSGAN.knobs) and "--pdb" not in out


def test_help_of_another_command_lists_its_flags():
    status, out, _ = command("-m", "graphical_gan.evaluate", "--help")
    assert (
        status == 0 and "--weights=last" in out and "--export" in out and "python -m graphical_gan.evaluate RUN" in out
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lr=1e-4"], "It is --learning_rate here: learning rate of both Adam optimizers. See --help."),
        (["--epochs=3"], "It is --steps here: number of training steps of a minibatch each; an epoch has"),
        (["--k=3"], "It is --K here: number of mixture components. See --help."),
        (["--T=16"], "Unknown command line flag 'T'. It is one of train_ssgan.py. See --help."),
        (["--resume"], "The same command goes on where a run stopped; none is needed. See --help."),
        (["--nojit=3"], "--nojit=3 does not take an argument. See --help."),
        (["--K=ten"], "--K=ten is no whole number; expected one such as --K=100. See --help."),
        (["--steps=1e5"], "--steps=1e5 is no whole number; expected one such as --steps=100000. See --help."),
        (["--steps="], "--steps= is no whole number; expected"),
        (["--learning_rate=a=b:c"], "--learning_rate=a=b:c is no number; expected one such as --learning_rate=0.5."),
        (["--dataset=moving_digits"], "--dataset=moving_digits belongs to train_ssgan.py. Use that command."),
        (["--model=3dcnn"], "--model=3dcnn belongs to train_ssgan.py"),
        (["--manual_dir=docs"], "/docs came with --dataset=digits: expected with --dataset=mnist, "),
        (["--data_dir=docs"], "/docs came with --dataset=digits: expected with --dataset=mnist, "),
        (["--run_dir=a\nb"], "--run_dir='a\\nb' has a line break"),
        (["--flagfile=/dev/zero"], "--flagfile=/dev/zero is no text file"),
        (["--flagfile=pyproject.toml"], "--flagfile=pyproject.toml has lines that are no flags. Name a flags.txt"),
        (["--flagfile", "docs/growth.png"], "--flagfile=docs/growth.png is no text file"),
    ],
)
def test_a_mistake_is_one_sentence_with_a_hint(repeated, arguments, message):
    status, _, err = repeated("train", *arguments)
    assert status == 2 and message in err and len(err.strip().splitlines()) == 1, err


def test_the_module_names_the_commands():
    status, _, err = command("-m", "graphical_gan.train")
    assert status == 2 and "Use train_gmgan.py for images" in err


def test_a_flag_file_that_names_itself(tmp_path):
    (tmp_path / "flags.txt").write_text(f"--K=3\n--flagfile={tmp_path / 'flags.txt'}\n")
    status, _, err = command("train_gmgan.py", f"--flagfile={tmp_path / 'flags.txt'}")
    assert status == 2 and "flags.txt names another flag file" in err and len(err.strip().splitlines()) == 1


def test_a_flag_file_may_name_a_folder_of_that_name(repeated, tmp_path):
    (tmp_path / "flags.txt").write_text("--run_dir=/flagfile\n--K=ten\n")
    status, _, err = repeated("train", f"--flagfile={tmp_path / 'flags.txt'}")
    assert status == 2 and "--K=ten is no whole number" in err


def test_each_of_several_flag_files_is_looked_at(repeated, tmp_path):
    (tmp_path / "flags.txt").write_text("--K=3\n")
    status, _, err = repeated("train", "--flagfile", "pyproject.toml", "--flagfile", str(tmp_path / "flags.txt"))
    assert status == 2 and "--flagfile=pyproject.toml has lines that are no flags" in err


def test_a_flag_file_may_lie_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "flags.txt").write_text("--K=3\n")
    command_line._check_flag_files(["train_gmgan.py", "--flagfile=~/flags.txt"])
