"""The rules of the house: a package is a level, imports only go down; files and functions stay small."""

import ast
import collections
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
# From the top down. The commands, which stand alone at the top, are the level "".
LEVELS = (
    "", "estimators", "paper", "runs", "data", "fidelity", "evaluation", "training", "instances", "export", "game",
    "engine", "layers", "graph", "settings", "pictures", "common",
)  # fmt: skip
HEAVY = {"tensorflow", "tensorflow_probability", "keras", "sklearn", "scipy", "matplotlib"}  # seconds, or most of one
FILES = sorted([*ROOT.glob("graphical_gan/**/*.py"), *ROOT.glob("train_*.py"), *ROOT.glob("data/**/*.py")])


def package_of(path):
    """The package that a file belongs to: "" for the commands."""
    parts = path.relative_to(ROOT).parts
    if parts[0] == "data":
        return "data"
    return parts[1] if len(parts) > 2 else ""


def imports(path):
    """Names that a file imports, anywhere in it: `a.b` for `import a.b`, `a.b` and `a.b.c` for `from a.b import c`."""
    for node in ast.walk(ast.parse(path.read_text())):
        assert not getattr(node, "level", 0), f"{path} imports relatively"
        yield from imports_of(node)


def imports_of(node):
    """The names likewise of one statement, none if it is another."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(path):
    """Packages of ours that a file imports from."""
    parts = (name.split(".") for name in imports(path))
    return {name[1] for name in parts if name[0] == "graphical_gan" and len(name) > 1 and name[1] in LEVELS}


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def test_every_package_is_a_level():
    packages = {p.parent.name for p in ROOT.glob("graphical_gan/*/__init__.py")} | {"data"}
    assert packages == set(LEVELS) - {""}
    assert not {"data"} & {p.name for p in ROOT.glob("graphical_gan/*")}


@named(FILES)
def test_imports_only_go_down(path):
    package = package_of(path)
    for other in imported_packages(path) - {package}:
        assert LEVELS.index(other) > LEVELS.index(package), f"{path} imports {other}, which stands above {package}"
    if package == "data":
        assert imported_packages(path) <= {"data", "common"}
    if "data" in imported_packages(path):
        assert package in ("data", "runs", "paper", "estimators", "")


def test_no_circles_within_a_package():
    for package in LEVELS[1:]:
        within = {}
        for path in (p for p in FILES if package_of(p) == package and p.name != "__init__.py"):
            name = f"graphical_gan.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}".replace(
                "graphical_gan.graphical_gan", "graphical_gan"
            )
            within[name] = set(imports(path))
        done = set()
        while left := {n: found & set(within) - done for n, found in within.items() if n not in done}:
            ready = {n for n, needed in left.items() if not needed}
            assert ready, f"these import one another: {sorted(left)}"
            done |= ready


def test_no_instance_knows_another():
    for path in FILES:
        if package_of(path) == "instances":
            assert not any(name.startswith("graphical_gan.instances.") for name in imports(path)), path


def test_the_number_of_imports_between_packages():
    counts = collections.Counter((package_of(p), other) for p in FILES for other in imported_packages(p))
    between = {pair: n for pair, n in counts.items() if pair[0] != pair[1]}
    for (package, other), n in sorted(between.items(), key=lambda item: [LEVELS.index(p) for p in item[0]]):
        print(f"{package or 'commands':12} -> {other:12} {n:3}")
    print(f"{sum(between.values())} imports between {len(between)} pairs of {len(LEVELS)} levels, none of them up")
    assert all(LEVELS.index(package) < LEVELS.index(other) for package, other in between)


@named([path for path in FILES if package_of(path) != "data"])
def test_imports_stand_on_top(path):
    """What a command must not load at its start it reaches through a package: `export.saved_models.load(...)`."""
    tree = ast.parse(path.read_text())
    within = {node for of in ast.walk(tree) if isinstance(of, ast.FunctionDef) for node in ast.walk(of)}
    assert not [node.lineno for node in within if isinstance(node, ast.Import | ast.ImportFrom)]


def module_file(name):
    """The file of a module of ours, None of what is none."""
    place = ROOT / "/".join(name.split(".")).replace("graphical_gan/data", "data", 1)
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


def started(path, seen):
    """The files that are loaded where one is, and the names that they import as they are loaded."""
    if path in seen:
        return
    seen.add(path)
    for node in ast.parse(path.read_text()).body:
        for name in imports_of(node):
            yield name, path
            parts = name.split(".")
            for file in filter(None, (module_file(".".join(parts[:n])) for n in range(1, len(parts) + 1))):
                yield from started(file, seen)


@named(sorted(ROOT.glob("graphical_gan/*.py")))
def test_commands_start_without_what_is_slow(path):
    slow = {(name, str(by.relative_to(ROOT))) for name, by in started(path, set()) if name.split(".")[0] in HEAVY}
    assert not slow


@named(FILES)
def test_flags_stay_at_the_top(path):
    if package_of(path) not in ("", "settings") and path.name != "__main__.py":
        assert not {"absl.flags", "absl", "argparse"} & set(imports(path))


@named(FILES)
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


@named(FILES)
def test_public_names_have_docstrings(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and node.name != "main":
            assert ast.get_docstring(node), f"{node.name} has no docstring"
