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

from graphical_gan.graph import inversion
from graphical_gan.graph.dag import Graph, Node


class BayesianNetwork(Graph):
    """The generative network p (the paper, section 2.1), and all that is derived from it.

    Args:
        nodes: the nodes; no latent node has an observed parent that is no input, lags look back (`v[t-1]`).
        length: number of steps T of the plate; needed if a node is on it.

    Raises:
        ValueError: as `Graph`, and for an observed parent of a latent node that is no input, or a lag that looks ahead.
    """

    def __init__(self, nodes: Iterable[Node], length: int | None = None):
        super().__init__(nodes, length)
        for name, refs in self.parents.items():
            self._check_partly(name)
            self._check_input(name)
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

    def _check_input(self, name):
        if self[name].input and (self.parents[name] or not self[name].observed):
            found = "has parents" if self.parents[name] else "not observed"
            raise ValueError(
                f"Node {name!r} is input=True, and {found}; an input is observed and without parents. "
                "Declare it observed=True without parents, or leave input out."
            )

    def _check_auxiliary(self, name):
        if self[name].auxiliary and self.borders(name):
            raise ValueError(
                f"Node {name!r} is auxiliary=True and has lagged parents: what follows depends on all its past, "
                "which no factor would see; expected noise, or features of one step. Declare it a latent node."
            )

    def _check_edge(self, name, ref):
        if self[ref.name].observed and not self[ref.name].input and not self[name].observed:
            raise ValueError(
                f"The latent node {name!r} has the observed parent {ref.name!r}; only latent variables and inputs can "
                f"be parents of a latent one (the paper, 2.1). Turn the edge, declare {name!r} observed, or declare "
                f"Node({ref.name!r}, observed=True, input=True) for a model of the others given it."
            )
        if (ref.lag or 0) > 0:
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
