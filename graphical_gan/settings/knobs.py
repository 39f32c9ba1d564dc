"""Settings of a run: one row a knob, checked before anything slow, written to the run folder and read back.

Nothing here needs TensorFlow, so that flags are checked before it is loaded.
"""

import hashlib
import json
import pathlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from graphical_gan.common.files import fits, is_line, local_path, read_json, refuse_others

Settings = dict[str, Any]
_LONGEST = 200  # bytes of a folder's name; file systems take 255
_KINDS = {str: "text", int: "whole number", float: "number", bool: "True or False"}
EVERYWHERE: dict[str, Collection[str]] = {}  # of `Knob.kept`
IN_ALL = {"program": str, "dataset": str, "model": str, "seed": int, "steps": int}  # settings of all runs


class Knob(NamedTuple):
    """A setting: it is a flag, a line of the run folder's settings, and a keyword of the same name.

    Attributes:
        name: as everywhere.
        kind: of the value: str, int, float or bool.
        help: one line.
        allowed: the values that it may take, or None.
        least: the least value of a number, or None.
        below: a number that it is below.
        default: the value where neither the user nor a data set or recipe says another.
        identifies: whether a run with another value is another run; else a run folder can go on with another value.
        only: where it has an effect, as values of other knobs; elsewhere it is refused, and its value is None.
        idle: where it has no effect, as values of other knobs; another value than the default is refused there.
        before: the value that it has in runs that are older than the knob.
        kept: where a run goes on with the value that it began with unless another is given, as its default has changed
            there: values of other knobs, `EVERYWHERE`, or None for nowhere.
        path: whether it is the path of a file or folder, which is absolute from the command line on.
    """

    name: str
    kind: type
    help: str
    allowed: Collection[str | int] | None = None
    least: float | None = None
    below: float = float("inf")
    default: Any = None
    identifies: bool = True
    only: Mapping[str, Collection[str | int]] = {}
    idle: Mapping[str, Collection[str | int]] = {}
    before: Any = None
    kept: Mapping[str, Collection[str]] | None = None
    path: bool = False

    def check(self, value: Any) -> None:
        """Refuses a value that is not allowed."""
        if not (type(value) is self.kind or (self.kind is float and type(value) is int)):
            raise ValueError(f"--{self.name}={value!r} is no {_KINDS[self.kind]}. Give one alone.")
        if self.kind is str and not is_line(value):
            raise ValueError(f"--{self.name}={value!r} has a line break or the like; expected one line. Give one.")
        if self.allowed is not None and value not in self.allowed:
            allowed = ", ".join(map(str, self.allowed))
            raise ValueError(f"--{self.name}={value} is not allowed; it is one of {allowed}. Choose one of them.")
        if self.least is not None and not self.least <= value < self.below:
            upper = "" if self.below == float("inf") else f" and below {self.below:g}"
            raise ValueError(
                f"--{self.name}={value} is out of range; it is at least {self.least:g}{upper}. Give another number."
            )

    def absent_under(self, settings: Settings) -> str | None:
        """The flag under which this one has no effect and no value (`only`), None if there is none."""
        under = ((n, settings.get(n)) for n, values in self.only.items() if settings.get(n) not in values)
        return next((f"--{n}={value}" for n, value in under), None)

    def is_kept(self, saved: Settings) -> bool:
        """Whether a run of these settings goes on with its own value where none is given."""
        return self.kept is not None and all(saved.get(n) in values for n, values in self.kept.items())

    def idle_under(self, settings: Settings) -> str | None:
        """The flag under which this one has no effect and its default (`idle`), None if there is none."""
        under = ((n, settings.get(n)) for n, values in self.idle.items() if settings.get(n) in values)
        return next((f"--{n}={value}" for n, value in under), None)


class Instance(NamedTuple):
    """The knobs of an instance, and what changes their defaults.

    Attributes:
        knobs: all of them.
        datasets: by data set, sizes of the released code, or ours where it has no such data set; and the recipe where
            another is the default.
        recipes: where the paper and the released code differ.
        exceptions: further defaults, each with the settings that they belong to.
    """

    knobs: tuple[Knob, ...]
    datasets: dict[str, Settings]
    recipes: dict[str, Settings]
    exceptions: Iterable[tuple[Settings, Settings]]

    @property
    def defaults(self) -> Settings:
        """Those of the knobs themselves."""
        return {knob.name: knob.default for knob in self.knobs}

    def resolve(self, given: Settings) -> Settings:
        """All settings of a run.

        Returns:
            A value for every knob, in the order of the knobs.

        Raises:
            ValueError: for a value that is not allowed, naming the flag.
        """
        for knob in self.knobs:
            if given.get(knob.name) is not None:
                knob.check(given[knob.name])
        defaults = self.usual(given)
        settings = defaults | given
        for knob in self.knobs:
            value, default = given.get(knob.name), defaults[knob.name]
            absent, idle = knob.absent_under(settings), knob.idle_under(settings)
            if value is not None and (absent or (idle and value != default)):
                raise ValueError(f"--{knob.name}={value} has no effect with {idle or absent}. Leave one of them out.")
            if absent or idle:
                settings[knob.name] = None if absent else default
        return {knob.name: settings[knob.name] for knob in self.knobs}

    def resolve_in(self, path: pathlib.Path, given: Settings) -> Settings:
        """As `resolve`, of the run in a folder, which keeps what it has of knobs that are newer (`older`)."""
        return self.resolve(older(path, self.knobs, given) | given)

    def usual(self, given: Settings) -> Settings:
        """The defaults that go with what the user gave, such as those of a data set."""
        of_data = self.defaults | self.datasets[(self.defaults | given)["dataset"]]
        chosen = of_data | given
        settings = of_data | self.recipes[chosen["recipe"]]
        for belongs_to, defaults in self.exceptions:
            if all(chosen[name] == value for name, value in belongs_to.items()):
                settings |= defaults
        return settings


def key_settings(settings: Settings) -> Settings:
    """The settings that tell runs apart at a glance: they name their folders, and stand beside their numbers."""
    return {n: settings[n] for n in ("dataset", "model", "recipe", "K", "T", "seed") if n in settings}


def run_name(settings: Settings) -> str:
    """The name of a run's folder."""
    return "-".join(f"{name}={value}" for name, value in key_settings(settings).items())


def default_path(recipe: Instance, given: Settings) -> pathlib.Path:
    """Where a run lives if --run_dir is not given: the same command finds the same folder, another one another."""
    settings = recipe.resolve(given)
    usual = recipe.usual({name: settings[name] for name in ("dataset", "model", "recipe")})
    telling = set(identifying(recipe.knobs, settings)) - set(key_settings(settings))
    paths = {k.name for k in recipe.knobs if k.path}
    others = {n: v for n, v in settings.items() if n in telling and v not in (None, usual.get(n))}
    differing = [f"{n}={pathlib.Path(v).name if n in paths else v}" for n, v in others.items()]
    data = [pathlib.Path(settings["manual_dir"]).resolve().name] if settings["manual_dir"] else []
    runs = pathlib.Path(local_path("~/graphical-gan/runs", "HOME"))
    before = runs / "-".join([run_name(settings), *data])  # before 0.2.0 the others were in no name
    if not differing or _goes_on(before, recipe, given):
        return before
    name = "-".join([run_name(settings), *differing, *data])
    return runs / (name if len(name.encode()) <= _LONGEST else f"{before.name}-{_digest(name)}")


def _goes_on(path, recipe, given):
    """Whether a folder holds a run that this command would go on with."""
    try:
        return not differences(recipe.knobs, recipe.resolve_in(path, given), read_settings(path))
    except ValueError:  # no run there, or one that can't be read
        return False


def older(path: pathlib.Path, knobs: Iterable[Knob], given: Settings | None = None) -> Settings:
    """What the run in a folder has of knobs that are newer, or whose default has changed; nothing without a run.

    Args:
        given: what the user gave, by knob; what has no effect beside it is left out.

    Raises:
        ValueError: if its settings are damaged.
    """
    if not (path / "settings.json").exists():
        return {}
    saved = read_settings(path)
    newer = [k for k in knobs if k.is_kept(saved) or (k.before is not None and k.name not in saved)]
    return {k.name: saved.get(k.name, k.before) for k in newer if not k.absent_under(saved | (given or {}))}


def identifying(knobs: Iterable[Knob], settings: Settings) -> list[str]:
    """Names of the knobs that make a run what it is.

    The number of steps is one where the learning rate falls with it: a run to another number has other rates.
    """
    falls = {"steps"} if settings.get("learning_rate_decay", "none") != "none" else set()
    return [k.name for k in knobs if k.identifies or k.name in falls]


def differences(knobs: Iterable[Knob], settings: Settings, others: Settings) -> list[str]:
    """Flags that make two runs different ones, such as `--K=30 (was --K=20)`.

    Whether XLA compiles is none before the devices are known, nor was it written down by older versions.
    """
    before = {k.name: None if k.absent_under(settings) else k.before for k in knobs}
    pairs = [(n, settings[n], others.get(n, before[n])) for n in identifying(knobs, settings)]
    pairs = [(name, *values) for name, *values in pairs if not (name == "jit" and None in values)]
    return [f"--{name}={value} (was --{name}={was})" for name, value, was in pairs if value != was]


def identity(knobs: Iterable[Knob], settings: Settings, fingerprint: Settings) -> str:
    """What a run is known by, in its checkpoints and rows: equal for runs that are the same to the bit."""
    parts = {k.name: settings[k.name] for k in knobs if k.identifies} | {"data": fingerprint}
    return _digest(json.dumps(parts, sort_keys=True))


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_begun(path: pathlib.Path) -> Settings:
    """What was written down of the run in a folder when it began, beside its settings; nothing without a run.

    "run" is its identity and "threads" their number; older runs have neither.

    Raises:
        ValueError: if one of them is damaged.
    """
    file = path / "settings.json"
    begun = read_json(file) if file.exists() else {}
    for name, (kind, expected) in {"run": (str, "a text"), "threads": (int, "a whole number")}.items():
        if not isinstance(value := begun.get(name), kind | None):
            raise ValueError(f"{file} has {name}={value!r}; expected {expected}. Restore it, or name another run.")
    return begun


def identity_of(path: pathlib.Path) -> str | None:
    """The identity of the run in a folder; None of one that is older than identities, and without a run."""
    return read_begun(path).get("run")


def flag_lines(settings: Settings) -> str:
    """Settings as a flag file, one `--name=value` a line, to be given back with --flagfile."""
    return "".join(f"--{name}={value}\n" for name, value in settings.items() if value is not None)


def read_settings(path: pathlib.Path) -> Settings:
    """Settings of the run in a folder.

    Raises:
        ValueError: if the folder holds no run, links, pipes or devices, or its settings are damaged.
    """
    file = pathlib.Path(path) / "settings.json"
    refuse_others(pathlib.Path(path))
    if not file.is_file():
        raise ValueError(f"{path} holds no run: {file.name} is missing. Name the folder that training printed.")
    try:
        settings = read_json(file)
    except ValueError as error:
        raise ValueError(f"{error}. Restore it, or name another run.") from error
    if not (fits(settings, IN_ALL) and isinstance(settings.get("recipe", ""), str)):  # before 0.2.0 there was none
        raise ValueError(
            f"{file} holds no settings of a run with {', '.join(IN_ALL)}. Restore it, or name another run."
        )
    return settings
