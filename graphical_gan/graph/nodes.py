"""Nodes of a graph, and how they name their parents."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_STEP = re.compile(r"^(\w+)\[(t|t[+-][1-9]|1:T)\]$")
NAME = re.compile(r"^\w+(\[\d+\])?$")  # `v`, and `v[2]` in an unrolled network


def place(step: str) -> int:
    """How far a single step is from where it is counted from: "t-2" is -2, "T-1" is -1, "2" is 2."""
    return int(step.lstrip("tT") or 0)


class Ref(NamedTuple):
    """A variable as a family refers to it: `h`, `v[t]`, `v[t-1]`, `v[t+2]`, `x[1:T]`; at the ends `v[1]`, `v[T-1]`."""

    name: str
    step: str = ""  # "" for a variable outside the plate

    def __str__(self):
        return f"{self.name}[{self.step}]" if self.step else self.name

    @property
    def lag(self) -> int | None:
        """Steps from t, -1 of `v[t-1]`; None outside the plate, of a whole sequence, and at an end."""
        return place(self.step) if self.step.startswith("t") else None

    def at_end(self, at: str) -> "Ref | None":
        """The same variable seen from a step near an end, "2" or "T-1": `v[t-1]` is `v[1]` at "2"; None if outside."""
        if self.lag is None or at == "t":
            return self
        step = place(at) + self.lag
        if at.startswith("T"):
            return Ref(self.name, f"T{step or ''}") if step <= 0 else None
        return Ref(self.name, str(step)) if step > 0 else None


def reach(refs: Iterable[Ref]) -> tuple[int, int]:
    """How many steps some variables look back, and how many ahead: (2, 0) with `v[t-2]` among them."""
    lags = [ref.lag or 0 for ref in refs]
    return -min([0, *lags]), max([0, *lags])


@dataclasses.dataclass(frozen=True)
class Node:
    """A variable of a network.

    Attributes:
        name: a letter of the paper or a word, such as `h`.
        parents: names of its parents; on the plate `"v[t-1]"` is the step before, `"v[t-2]"` that before it, and in a
            recognition graph `"v[t+1]"` the step after and `"x[1:T]"` the whole sequence. A conditional gets them in
            this order.
        observed: whether the data holds it.
        plate: whether it repeats over the steps t = 1..T.
        partly: whether the data holds it for some examples, NaN for the others: q infers it there.
        input: whether it is observed, without parents, and may be a parent of latent variables: the model is one of the
            others given it, and in training p takes it from the data. The paper's definition (2.1) has none.
        auxiliary: whether it only serves the sampling, as the noise of a transition or features shared by several
            conditionals do: it is in no factor, where its parents take its place, and nothing infers it.
    """

    name: str
    parents: Iterable[str] = ()
    observed: bool = False
    plate: bool = False
    auxiliary: bool = False
    partly: bool = False
    input: bool = False

    def __post_init__(self):
        if isinstance(self.parents, str):
            raise ValueError(
                f"Node {self.name!r} has the parents {self.parents!r}, a word; expected a list of names. "
                f"Write [{self.parents!r}]."
            )
        for field in ("observed", "plate", "auxiliary", "partly", "input"):
            if not isinstance(getattr(self, field), bool):
                raise ValueError(
                    f"Node {self.name!r} has {field}={getattr(self, field)!r}; expected True or False. There is one "
                    "plate, the steps of a sequence or the members of a group, and it has no name: declare plates "
                    "within it as vectors."
                )


def read_ref(nodes: Mapping[str, Node], child: Node, parent: str) -> Ref:
    """A parent as it was written, `v[t-1]`, once it is checked that there is such a variable."""
    match = _STEP.match(parent)
    name, step = match.groups() if match else (parent, "")
    stem = parent.partition("[")[0]
    if name not in nodes and stem in nodes and stem != parent:
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}; expected a step such as {stem}[t], {stem}[t-1], "
            f"{stem}[t-2], {stem}[t+1] or {stem}[1:T], at most 9 from t. Write one of these."
        )
    if name not in nodes:
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}, which is not declared. "
            f"Declared are {', '.join(nodes)}. Declare the parent, or mend its name."
        )
    if step and not nodes[name].plate or Ref(name, step).lag is not None and not child.plate:
        outside = child.name if nodes[name].plate else name
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}, but {outside!r} is outside the plate; "
            f"steps need both on it. Declare Node({outside!r}, plate=True), or write {name!r}."
        )
    if nodes[name].plate and not step:
        step = "t" if child.plate else "1:T"
    return Ref(name, step)
