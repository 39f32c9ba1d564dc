"""An installation: the wheel holds every file, takes no name but ours, and its commands work from any folder."""

import pathlib
import shutil
import site
import subprocess
import sys
import venv
import zipfile

from graphical_gan.__main__ import COMMANDS
from graphical_gan.paper import rows

ROOT = pathlib.Path(__file__).parents[2]
PACKAGES = ("graphical_gan", "data")


def run(*command, cwd):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_training_scripts_lie_where_reproduce_looks_for_them():
    assert all((rows.SCRIPTS / f"train_{name}.py").is_file() for name in ("gmgan", "ssgan"))


def test_the_wheel_installs_without_a_network_and_works_from_another_folder(tmp_path):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("train_gmgan.py", "train_ssgan.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", tmp_path, source, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = {str(f.relative_to(source)) for name in PACKAGES for f in (source / name).rglob("*.py")}
    expected = {f if f.startswith("graphical_gan") else f"graphical_gan/{f}" for f in files}
    assert held == expected | {"train_gmgan.py", "train_ssgan.py"}

    venv.create(tmp_path / "venv", with_pip=False)
    (packages,) = (tmp_path / "venv").glob("lib/*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    run(*pip, "--python", tmp_path / "venv", "install", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    where = run(python, "-c", "import graphical_gan.data as d; print(d.__file__)", cwd=tmp_path).strip()
    assert pathlib.Path(where) == packages / "graphical_gan" / "data" / "__init__.py"
    assert "q(h|x) q(k|h)" in run(tmp_path / "venv" / "bin" / "train-gmgan", "--dry_run", cwd=tmp_path)
    command = tmp_path / "venv" / "bin" / "graphical-gan"
    assert "a --help of its own" in run(command, "--help", cwd=tmp_path)
    assert "What is trained:" in run(command, "train-gmgan", "--help", cwd=tmp_path)
    assert "1200" in run(command, "data", "--dataset=digits", cwd=tmp_path).replace(",", "")
    refused = subprocess.run([command, "evaluate", tmp_path / "nothing"], capture_output=True, text=True)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr and "nothing" in refused.stderr
    refused = subprocess.run([command, "evalute"], capture_output=True, text=True)
    assert refused.returncode == 2 and "'evalute' is no command; expected one of train-gmgan" in refused.stderr


def test_every_command_has_a_name():
    modules = {f"graphical_gan.{f.stem}" for f in (ROOT / "graphical_gan").glob("*.py")}
    helpers = {f"graphical_gan.{n}" for n in ("__init__", "__main__", "train")}
    assert modules - helpers | {"train_gmgan", "train_ssgan", "graphical_gan.data"} == set(COMMANDS.values())
