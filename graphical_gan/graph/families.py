"""Factors of a game, chosen from the graphs of p and q: which variables each discriminator looks at."""

from collections.abc import Iterable
from typing import NamedTuple

from graphical_gan.graph.dag import Graph, Ref
from graphical_gan.graph.nodes import place, reach


class Family(NamedTuple):
    """A variable with its parents, and how often the family occurs over the plate."""

    scope: tuple[Ref, ...]
    multiplicity: int

    def __str__(self):
        return f"({', '.join(map(str, self.scope))})"


def families(graph: Graph) -> tuple[Family, ...]:
    """The families (x, pa(x)) of a graph and their multiplicities over the plate: the factors of Eq. 6."""
    found = []
    for name in (n for n in graph.order if not graph[n].auxiliary):
        borders = graph.borders(name)
        for border in borders:
            end = Ref(name, border.rstrip("]").partition("[")[2])
            found.append(Family((end, *variables_of(graph, graph.given(border))), 1))
        plate = graph[name].plate
        scope = (Ref(name, "t" if plate else ""), *variables_of(graph, graph.parents[name]))
        found.append(Family(scope, graph.length - sum(reach(scope)) if plate else 1))
    return tuple(found)


def variables_of(graph: Graph, refs: Iterable[Ref]) -> tuple[Ref, ...]:
    """Parents with auxiliary ones replaced by their own, and noise left out: the variables that they stand for.

    An auxiliary chain stands for the steps of the variables that it has read: `x[1:t]`, or all if it runs backward.
    """
    found = {}
    for ref in refs:
        above = [r for r in graph.parents[ref.name] if r.name != ref.name]
        if not graph[ref.name].auxiliary:
            found[ref] = None
        elif any(lags := graph.lags([ref.name])):
            read = "1:t" if lags[0] and ref.step == "t" else "1:T"
            found |= {r._replace(step=r.step and read): None for r in variables_of(graph, above)}
        else:
            found |= dict.fromkeys(variables_of(graph, filter(None, (_from(r, ref.step) for r in above))))
    return tuple(found)


def _from(ref, step):
    """A parent of an auxiliary node as who sees that node at a step has it: `x[t-1]` is `x[t-2]` at "t-1"."""
    if ref.lag is None or step == "t":
        return ref
    if step.startswith("t"):
        lag = ref.lag + place(step)
        return ref._replace(step=f"t{lag:+d}" if lag else "t")
    return ref._replace(step=step) if step == "1:T" else ref.at_end(step)


def local_families(network: Graph, q: Graph | None = None) -> tuple[Family, ...]:
    """One factor a maximal family of p: the local algorithm (Alg. 1, Eq. 12); q is not looked at."""
    return _maximal(families(network), network.length)


def families_of_both(network: Graph, q: Graph) -> tuple[Family, ...]:
    """One factor a maximal family of p or of q: along a faithful inverse they fix q as the global factor does.

    Those of p alone do not, where a conditional of q has parents that no family of p holds together.
    """
    rank = {name: i for i, name in enumerate(reversed(network.order))}  # data first, as in the families of p
    of_q = [f._replace(scope=tuple(sorted(f.scope, key=lambda ref: rank[ref.name]))) for f in families(q)]
    return _maximal((*families(network), *of_q), network.length)


def global_family(network: Graph, q: Graph | None = None) -> tuple[Family, ...]:
    """One factor over all variables: the global baseline (Alg. 3, Eq. 13); with the network h -> x it is ALI."""
    return (_over(network, network.variables),)


def latent_family(network: Graph) -> tuple[Family, ...]:
    """One factor over all latent variables: an adversarial match of the aggregated posterior (VEGAN)."""
    return (_over(network, network.latent),)


def _over(network, names):
    return Family(tuple(Ref(n, "1:T" if network[n].plate else "") for n in reversed(names)), 1)


def _maximal(found, length):
    """The families that lie inside no other, the first of equal ones: a discriminator each (the paper, section 3)."""
    grounds = {f: _ground(f, length) for f in found}
    for family in reversed(list(grounds)):
        mine = grounds.pop(family)
        if not any(all(any(a <= b for b in other) for a in mine) for other in grounds.values()):
            grounds[family] = mine
    return tuple(f for f in dict.fromkeys(found) if f in grounds)


def _ground(family, length):
    """The sets of unrolled variables that a family stands for."""
    first = 1 + reach(family.scope)[0]
    steps = range(first, first + family.multiplicity)
    return [frozenset(v for ref in family.scope for v in _ground_ref(ref, t, length)) for t in steps]


def _ground_ref(ref, t, length):
    if ref.step in ("1:T", "1:t"):
        return [(ref.name, s) for s in range(1, (length if ref.step == "1:T" else t) + 1)]
    start = t if ref.lag is not None else length if ref.step.startswith("T") else 0
    return [(ref.name, start + place(ref.step) if ref.step else None)]
