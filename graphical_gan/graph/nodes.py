"""Nodes of a graph, and how they name their parents."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

LAGS = {"t": 0, "t-1": -1, "t+1": 1}
OUTSIDE = {"1": "t-1", "T": "t+1"}  # the step that is missing at each end of the plate
_AT_ENDS = {("1", "t"): "1", ("1", "t+1"): "2", ("T", "t"): "T", ("T", "t-1"): "T-1"}
_STEP = re.compile(r"^(\w+)\[(t|t-1|t\+1|1:T)\]$")
NAME = re.compile(r"^\w+(\[\d+\])?$")  # `v`, and `v[2]` in an unrolled network


class Ref(NamedTuple):
    """A variable as a family refers to it: `h`, `v[t]`, `v[t-1]`, `v[t+1]`, `x[1:T]`; at the ends `v[1]`, `v[T-1]`."""

    name: str
    step: str = ""  # "" for a variable outside the plate

    def __str__(self):
        return f"{self.name}[{self.step}]" if self.step else self.name

    def at_end(self, at: str) -> "Ref":
        """The same variable seen from an end of the plate, t = 1 or t = T: `v[t-1]` is `v[T-1]` at "T"."""
        return Ref(self.name, _AT_ENDS.get((at, self.step), self.step))


@dataclasses.dataclass(frozen=True)
class Node:
    """A variable of a network.

    Attributes:
        name: a letter of the paper or a word, such as `h`.
        parents: names of its parents; on the plate `"v[t-1]"` is the step before, and in a recognition graph
            `"v[t+1]"` the step after and `"x[1:T]"` the whole sequence. A conditional gets them in this order.
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
                    "plate, the steps of a sequence, and it has no name."
                )


def read_ref(nodes: Mapping[str, Node], child: Node, parent: str) -> Ref:
    """A parent as it was written, `v[t-1]`, once it is checked that there is such a variable."""
    match = _STEP.match(parent)
    name, step = match.groups() if match else (parent, "")
    stem = parent.partition("[")[0]
    if name not in nodes and stem in nodes and stem != parent:
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}; expected a step among {stem}[t], {stem}[t-1], "
            f"{stem}[t+1] and {stem}[1:T]. For a longer lag let {stem!r} hold several steps side by side."
        )
    if name not in nodes:
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}, which is not declared. "
            f"Declared are {', '.join(nodes)}. Declare the parent, or mend its name."
        )
    if step and not nodes[name].plate or step in LAGS and not child.plate:
        outside = child.name if nodes[name].plate else name
        raise ValueError(
            f"Node {child.name!r} has the parent {parent!r}, but {outside!r} is outside the plate; "
            f"steps need both on it. Declare Node({outside!r}, plate=True), or write {name!r}."
        )
    if nodes[name].plate and not step:
        step = "t" if child.plate else "1:T"
    return Ref(name, step)
