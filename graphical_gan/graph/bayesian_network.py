"""Bayesian networks: declared as nodes with parents; factors and recognition graphs are derived from them.

A network is a list of `Node`. Variables that repeat over time sit on the plate, and are declared once:

    BayesianNetwork([
        Node("h"),
        Node("v", ["v[t-1]"], plate=True),
        Node("x", ["h", "v"], plate=True, observed=True),
    ], length=16)

`h` is one variable, `v[t]` the variable of step t, `v[t-1]` that of the step before, `x[1:T]` the whole sequence.
"""

from collections.abc import Iterable
from typing import NamedTuple

from graphical_gan.graph import inversion
from graphical_gan.graph.dag import LAGS, Graph, Node, Ref


class Family(NamedTuple):
    """A variable with its parents, and how often the family occurs over the plate."""

    scope: tuple[Ref, ...]
    multiplicity: int

    def __str__(self):
        return f"({', '.join(map(str, self.scope))})"


class BayesianNetwork(Graph):
    """The generative network p (the paper, section 2.1), and all that is derived from it.

    Args:
        nodes: the nodes; no latent node has an observed parent, lags look back (`v[t-1]`).
        length: number of steps T of the plate; needed if a node is on it.

    Raises:
        ValueError: as `Graph`, and for an observed parent of a latent node, or a lag that looks ahead.
    """

    def __init__(self, nodes: Iterable[Node], length: int | None = None):
        super().__init__(nodes, length)
        for name, refs in self.parents.items():
            self._check_partly(name)
            self._check_auxiliary(name)
            for ref in refs:
                self._check_edge(name, ref)
        if not self.observed:
            raise ValueError("No node is observed; the data has to enter somewhere. Declare one observed=True.")

    def _check_partly(self, name):
        if self[name].partly and (self[name].observed or self[name].auxiliary or self.borders(name)):
            raise ValueError(
                f"Node {name!r} is partly=True, which is for a latent variable without lagged parents; it is observed, "
                "auxiliary or lagged. Leave out one of the two."
            )

    def _check_auxiliary(self, name):
        if self[name].auxiliary and self.borders(name):
            raise ValueError(
                f"Node {name!r} is auxiliary=True and has lagged parents: what follows depends on all its past, "
                "which no factor would see; expected noise, or features of one step. Declare it a latent node."
            )

    def _check_edge(self, name, ref):
        if self[ref.name].observed and not self[name].observed:
            raise ValueError(
                f"The latent node {name!r} has the observed parent {ref.name!r}; only latent variables can be parents "
                f"of a latent one (the paper, 2.1). Turn the edge, or declare {name!r} observed."
            )
        if ref.step == "t+1":
            raise ValueError(f"Node {name!r} has the parent '{ref}', a step ahead; in p lags look back. Write [t-1].")

    @property
    def generated(self) -> tuple[str, ...]:
        """Names of the observed variables that p generates: those with parents."""
        return tuple(n for n in self.observed if self.parents[n])

    def markov_blanket(self, name: str) -> set[str]:
        """Parents, children and the children's other parents of a node, in a network without a plate.

        Raises:
            ValueError: with a plate, where each step has a blanket of its own.
        """
        if self.has_plate:
            raise ValueError(f"The blanket of {name!r} was asked on a plate; it differs by step. Use unroll() first.")
        parents = {n: {r.name for r in refs} for n, refs in self.parents.items()}
        children = {n for n in parents if name in parents[n]}
        return (parents[name] | children | set().union(*(parents[c] for c in children))) - {name}

    def families(self) -> tuple[Family, ...]:
        """The families (x, pa(x)) and their multiplicities over the plate: the factors of Eq. 6."""
        found = []
        for name in self.order:
            node = self[name]
            if node.auxiliary:
                continue
            borders = self.borders(name)
            found += [Family(self._scope(Ref(name, "1"), self.given(border)), 1) for border in borders]
            times = (self.length - len(borders)) if node.plate else 1
            found.append(Family(self._scope(Ref(name, "t" if node.plate else ""), self.parents[name]), times))
        return tuple(found)

    def _scope(self, child, refs):
        return (child, *self.variables_of(refs))

    def variables_of(self, refs: Iterable[Ref]) -> tuple[Ref, ...]:
        """Parents with auxiliary ones replaced by their own, and noise left out: the variables that they stand for."""
        found = {}
        for ref in refs:
            above = [r._replace(step=ref.step) if r.step == "t" else r for r in self.parents[ref.name]]
            found |= dict.fromkeys(self.variables_of(above) if self[ref.name].auxiliary else [ref])
        return tuple(found)

    def maximal_families(self) -> tuple[Family, ...]:
        """The families that lie inside no other: one factor, and one discriminator, each (the paper, section 3)."""
        grounds = {f: self._ground(f) for f in self.families()}
        return tuple(
            f for f in grounds
            if not any(all(any(a < b for b in grounds[g]) for a in grounds[f]) for g in grounds if g is not f)
        )  # fmt: skip

    def _ground(self, family):
        """The sets of unrolled variables that a family stands for."""
        first = 2 if any(r.step == "t-1" for r in family.scope) else 1
        steps = range(first, first + family.multiplicity)
        return [frozenset(v for ref in family.scope for v in self._ground_ref(ref, t)) for t in steps]

    def _ground_ref(self, ref, t):
        if ref.step == "1:T":
            return [(ref.name, s) for s in range(1, self.length + 1)]
        return [(ref.name, None if ref.step == "" else 1 if ref.step == "1" else t + LAGS[ref.step])]

    def mean_field(self) -> Graph:
        """The fully factorised recognition graph, every latent given all of the data (Eq. 3)."""
        data = [f"{n}[1:T]" if self[n].plate else n for n in self.observed]
        return inversion.recognition(self, {z: data for z in self.latent})

    def inverse(self, faithful: bool = True) -> Graph:
        """An inverse factorisation, from data to latents: q can be the exact posterior along a faithful one.

        Args:
            faithful: assume no independence that the network does not have (`inversion.faithful`). If not, it is the
                paper's: each latent, from leaves to roots, given its Markov blanket so far (Eq. 4, Alg. 2).

        Raises:
            ValueError: if the steps of a plate have no rule in common.
        """
        return inversion.faithful(self) if faithful else inversion.algorithm_2(self)
