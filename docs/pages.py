"""Pages of the documentation that are made of what stands elsewhere: README, flags, scores, docstrings."""

import pathlib
import posixpath
import re

from mkdocs.structure.files import File

from graphical_gan.evaluation import glossary
from graphical_gan.settings import helping, recipes

ROOT = pathlib.Path(__file__).parents[1]
# Files outside of docs/, and the pages that they become.
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "models/README.md": "models.md",
}
KINDS = {str: "text", int: "whole number", float: "number", bool: "yes or no"}
FLAGS = """# Flags of `{script}`

Defaults are those of `--dataset={dataset}`. The tables at the end have those of the other data sets, by recipe
([which recipe a data set begins with](paper.md#recipes)). A boolean flag is written `--jit` or `--nojit`.
"""
SCORES = """# Scores

[What the scores mean](outputs.md#scores-of-clusters) explains how to read them.
"""
ORACLE = """
Scores by the oracle, a classifier of digits, are named `oracle_NAME_WHAT`, such as `oracle_speed_samples`:
"""
API = {
    "estimators": ("Estimators", ["gmgan", "ssgan", "own", "estimator"]),
    "graph": ("Networks", ["bayesian_network", "nodes", "families", "inversion", "separation"]),
    "engine": ("p and q", ["model", "priors", "relaxations", "sampling", "randomness"]),
    "game": ("The game", ["objective", "factors", "game", "losses", "terms", "view_terms", "discriminators"]),
    "layers": ("Neural networks", ["networks", "images", "clips", "residual", "dense"]),
    "data": ("Data", ["", "catalogue", "splits", "variables"]),
    "evaluation": ("Evaluation", ["calibration", "inference", "scores", "assignments", "mixture", "oracle"]),
}


def on_files(files, config):
    """MkDocs calls it with the files of docs/; the pages that are made are added."""
    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links from a page of docs/ to files outside of it lead to the pages that these became."""
    return re.sub(r"\]\(\.\./([^)#]+)", lambda found: f"]({ELSEWHERE.get(found[1], found[0][2:])}", markdown)


def pages() -> dict[str, str]:
    """By name, the Markdown of all pages that are made."""
    made = {page: _at_home((ROOT / file).read_text(), pathlib.Path(file).parent) for file, page in ELSEWHERE.items()}
    made |= {f"api_{name}.md": _api(name, *parts) for name, parts in API.items()}
    made["flags_gmgan.md"] = _flags("train_gmgan.py", recipes.GMGAN)
    made["flags_ssgan.md"] = _flags("train_ssgan.py", recipes.SSGAN)
    return made | {"scores.md": _scores()}


def _at_home(text, folder):
    """A file's text with its links as seen from docs/."""

    def link(found):
        target = found[1]
        if target.startswith("https://"):
            return found[0]
        place = posixpath.normpath(folder / target)
        return f"]({ELSEWHERE.get(place, place.removeprefix('docs/'))}"

    return re.sub(r"\]\(([^)#]+)", link, text)


def _api(name, title, modules):
    """A page with the docstrings of some modules of a package."""
    package = "data" if name == "data" else f"graphical_gan.{name}"  # data/ lies beside the package
    named = [f"{package}.{module}".rstrip(".") for module in modules]
    lead = (ROOT / package.replace(".", "/") / "__init__.py").read_text().split('"""')[1].strip()
    return "\n\n".join([f"# {title}", lead, *(f"::: {module}" for module in named)]) + "\n"


def _flags(script, instance):
    """A page with every flag of a training command by group, and the defaults of each data set and recipe."""
    knobs = {knob.name: knob for knob in instance.knobs}
    defaults = instance.resolve({})
    lines = [FLAGS.format(script=script, dataset=defaults["dataset"])]
    grouped = {name for names in helping.GROUPS.values() for name in names}
    groups = helping.GROUPS | {"Further": [name for name in knobs if name not in grouped]}
    for title, names in groups.items():
        shown = [knobs[name] for name in names if name in knobs]
        rows = [(f"`--{k.name}`", _code(defaults[k.name]), k.help, _values(k), _only(k)) for k in shown]
        if rows:
            lines += [f"## {title}", "", *_table(("flag", "default", "meaning", "values", "only with"), rows), ""]
    for recipe in instance.recipes:
        lines += [f"## Defaults of the recipe `{recipe}` by data set", ""]
        lines += [*_by_dataset(instance, {"recipe": recipe}), ""]
    return "\n".join(lines)


def _by_dataset(instance, given):
    """A table of the defaults that are not the same for all data sets."""
    by = {name: instance.resolve(given | {"dataset": name}) for name in instance.datasets}
    names = [k.name for k in instance.knobs if k.name != "dataset" and len({str(s[k.name]) for s in by.values()}) > 1]
    return _table(
        ("flag", *by), [(f"`--{name}`", *(_code(settings[name]) for settings in by.values())) for name in names]
    )


def _scores():
    """A page with the meaning of every score."""
    rows, of_oracle = ([(f"`{n}`", said) for n, said in known.items()] for known in (glossary.SCORES, glossary.ORACLE))
    head = ("score", "meaning")
    return "\n".join([SCORES, *_table(head, rows), ORACLE, *_table(head, of_oracle)])


def _values(knob):
    """What a flag may be, in words."""
    if knob.allowed is not None:
        return ", ".join(_code(value) for value in knob.allowed)
    least = "" if knob.least is None else f" ≥ {knob.least:,}"
    below = "" if knob.below == float("inf") else f", < {knob.below:,}"
    return f"{'path' if knob.path else KINDS[knob.kind]}{least}{below}"


def _only(knob):
    """Where a flag has an effect, in words."""
    return "; ".join(f"`--{name}` {', '.join(map(_code, values))}" for name, values in knob.only.items())


def _code(value):
    return "" if value is None else f"`{value}`"


def _table(head, rows):
    """A Markdown table, a line a row."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, ["---"] * len(head), *rows)]
    return [f"| {' | '.join(row)} |" for row in cells]
