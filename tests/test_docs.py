"""README and docs: links lead somewhere, flags and commands exist, and the README stays short."""

import csv
import pathlib
import re
import statistics

import pytest

from graphical_gan.__main__ import COMMANDS
from graphical_gan.settings import own, recipes

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/*.md")])
NAMED = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
# Flags of commands besides training are defined in their modules, or read by argparse.
SOURCES = [*ROOT.glob("graphical_gan/**/*.py"), ROOT / "data" / "__main__.py", *ROOT.glob("benchmarks/*.py")]
DEFINED = re.findall(
    r'(?:DEFINE_\w+|define_path|add_argument|Knob)\(\s*"-*(\w+)"', "\n".join(f.read_text() for f in SOURCES)
)
OTHERS = {"help", "helpfull", "flagfile", "logdir", "program"}  # of absl, of TensorBoard, of commands that open runs
FLAGS = {k.name for i in (recipes.GMGAN, recipes.SSGAN) for k in i.knobs} | set(DEFINED) | OTHERS


@NAMED
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@NAMED
def test_flags_and_commands_exist(page):
    text = page.read_text()
    mine = {k.name for k in own.of_images("mine").knobs} | {k.name for k in own.of_clips("mine").knobs}
    unknown = {f for f in re.findall(r"(?<![\w-])--(\w+)", text) if not {f, f.removeprefix("no")} & (FLAGS | mine)}
    assert not unknown
    commands = re.findall(r"python -m graphical_gan\.(\w+)", text)
    assert {f"graphical_gan.{name}" for name in commands} <= set(COMMANDS.values())
    for script in re.findall(r"python (\w+\.py)", text):
        assert script.startswith("my_") or (ROOT / script).exists(), script


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 120
    assert not [line for line in lines if len(line) > 100 and not line.startswith(("|", "!"))]  # tables and pictures


def test_results_of_the_readme_are_means_of_what_was_measured():
    with open(ROOT / "docs" / "measured.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table = re.search(r"## Results\n\n(.*?)\n\n", (ROOT / "README.md").read_text(), re.DOTALL)[1].splitlines()[2:]
    seen = set()
    for line in table:
        data, recipe, _, scores, _ = (cell.strip() for cell in line.strip("|").split("|"))
        name, kind = data.split(",")[0], recipe.split("`")[1]
        for score, value in re.findall(r"`(\w+)` ([\d.]+)", scores):
            found = [row for row in rows if (row["data"], row["recipe"], row["score"]) == (name, kind, score)]
            assert f"{statistics.mean(float(row['value']) for row in found):.3f}" == value, line
            assert all(int(row["steps"]) == int(recipe.split(",", 1)[1].replace(",", "")) for row in found), line
            assert len(found) == 1 or f"mean of {len(found)} seeds" in scores, line
            seen.add((name, kind, score))
    assert seen == {(row["data"], row["recipe"], row["score"]) for row in rows}
