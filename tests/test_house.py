"""The rules of the house: imports only go down, flags stay at the top, files and functions stay small."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LEVELS = {
    0: "adam array_cache charts choices classifier clip_networks comparison convolutions dag drawing feature_networks "
    "fidelity_scores files glossary knobs losses memory mixture modern networks oracle pace paper precision projector "
    "randomness recipes relaxations results_log saved_models schedule scores signals summaries",
    1: "graph plate sampling model factors priors terms view_terms views objective image_networks checks aggregated",
    2: "gmgan ssgan style tree",
    3: "training updates strategies recalibration fidelity evaluation export clip_export words image_study clip_study "
    "image_figures clip_figures pixel_mixture optimizers",
    4: "experiment run_folder checkpoints events lock weights",
    5: "commands programs finished sample_scoring table_runs tables train evaluate evaluate_samples figures "
    "report reproduce sample train_gmgan train_ssgan",
}
LEVEL = {name: level for level, names in LEVELS.items() for name in names.split()}
WITHIN = {
    "networks": {"convolutions"},
    "knobs": {"files"},
    "results_log": {"files"},
    "schedule": {"knobs"},
    "recipes": {"knobs", "modern"},
    "modern": {"knobs"},
    "relaxations": {"choices"},
    "comparison": {"charts", "paper"},
    "clip_networks": {"networks"},
    "feature_networks": {"array_cache", "saved_models"},
    "saved_models": {"files"},
    "classifier": {"array_cache", "feature_networks"},
}  # level 0 modules that build on another of level 0
FILES = [*ROOT.glob("graphical_gan/*.py"), *ROOT.glob("train_*.py"), *ROOT.glob("data/*.py")]


def test_every_module_has_a_level():
    assert {p.stem for p in FILES if p.parent.name != "data"} - {"__init__"} == set(LEVEL)


def imports(path):
    """Modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path):
    found = {name.split(".")[1] for name in imports(path) if name.startswith("graphical_gan.")}
    return {name for name in found if (ROOT / "graphical_gan" / f"{name}.py").exists()}


@pytest.mark.parametrize("path", [p for p in FILES if p.stem in LEVEL], ids=lambda p: p.stem)
def test_imports_only_go_down(path):
    level = LEVEL[path.stem]
    for name in ours(path):
        assert LEVEL[name] <= level, f"{path.stem} (level {level}) imports {name} (level {LEVEL[name]})"
        assert not (level in (2, 3) and LEVEL[name] == 2), f"{path.stem} knows the instance {name}"
        assert level > 0 or name in WITHIN.get(path.stem, ()), f"{path.stem} is at the bottom and imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_flags_and_data_stay_at_the_top(path):
    names = set(imports(path))
    if path.parent.name == "data":
        assert not any(n.startswith("graphical_gan") for n in names)
    elif LEVEL.get(path.stem, 0) < 5:
        assert not {"absl.flags", "argparse", "data"} & names


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_sizes(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.Global)
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert not body or body[-1].end_lineno - body[0].lineno < 60, f"{node.name} is too long"
            arguments = [a for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs if a.arg != "self"]
            assert len(arguments) <= 7, f"{node.name} has {len(arguments)} arguments"
            assert not any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "hasattr" for n in ast.walk(node))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_public_names_have_docstrings(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or path.name == "conftest.py"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and node.name != "main":
            assert ast.get_docstring(node), f"{node.name} has no docstring"
