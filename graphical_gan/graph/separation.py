"""d-separation: which variables of a network without a plate tell of one another, given others."""

from collections.abc import Collection, Mapping


def boundary(parents: Mapping[str, Collection[str]], name: str, given: Collection[str]) -> set[str]:
    """Those of the given variables that tell of another one beside all the others of them.

    They are its Markov boundary within the given ones: those that a path leads to, in the moral graph of all that is
    concerned and its ancestors, without meeting another given one (Lauritzen et al. 1990).
    """
    neighbours = _moral(parents, {name, *given})
    found, seen, frontier = set(), {name}, [name]
    while frontier:
        new = neighbours[frontier.pop()] - seen
        seen |= new
        found |= new & set(given)
        frontier += new - set(given)
    return found


def _moral(parents, names):
    """Neighbours of each of the names and their ancestors: its parents, its children and the children's parents."""
    kept, frontier = set(), list(names)
    while frontier:
        name = frontier.pop()
        if name not in kept:
            kept.add(name)
            frontier += parents[name]
    neighbours = {name: set() for name in kept}
    for child in kept:
        family = {child, *parents[child]}
        for member in family:
            neighbours[member] |= family
    return neighbours
