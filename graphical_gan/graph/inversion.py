"""Inverse factorisations of a network: from data to latents, as graphs for q.

On a plate they are found on the unrolled network, and read back as lags.
"""

from collections.abc import Iterable, Mapping

from graphical_gan.graph.dag import Graph, Node, ground_name
from graphical_gan.graph.separation import boundary


def _extent(network):
    """The number of steps to unroll a network to, and a middle step, with every lag and more on both sides."""
    return 4 + 2 * network.lag, 2 + 2 * network.lag


def recognition(network: Graph, parents: Mapping[str, Iterable[str]], helpers: Iterable[Node] = ()) -> Graph:
    """A graph over the variables of a network whose latents have the given parents, besides auxiliary nodes."""
    nodes = [Node(n, observed=True, plate=network[n].plate) for n in network.observed]
    nodes += [Node(z, parents[z], plate=network[z].plate, partly=network[z].partly) for z in network.latent]
    return Graph([*nodes, *helpers], network.length)


def algorithm_2(network: Graph) -> Graph:
    """Each latent, from leaves to roots, given what is already placed of its Markov blanket in p (Eq. 4, Alg. 2).

    Raises:
        ValueError: if the result is not the same at every inner step of a plate.
    """
    steps, lag = _extent(network)[0], network.lag
    ground = network.unroll(steps if network.has_plate else None)
    placed, parents = set(ground.observed), {}
    for z in reversed(ground.latent):
        parents[z] = ground.markov_blanket(z) & placed
        placed.add(z)
    rules = {}
    for z in network.latent:
        inner = range(1 + lag, 1 + steps - lag) if network[z].plate else [None]
        found = {tuple(_refs(network, _lags(network, parents[ground_name(z, t)], t))) for t in inner}
        if len(found) != 1:
            raise _no_rule(z, f"differs from step to step: {sorted(found)}")
        rules[z] = found.pop()
    return recognition(network, rules)


def faithful(network: Graph) -> Graph:
    """Each latent given all that it depends on: the inverse assumes no independence that the network lacks.

    Latents are marginalised one by one, causes before effects, the one that leaves the fewest others dependent first;
    these are its parents in q (NaMI, Webb et al. 2018, in the natural order). Latents on a plate go in the order of
    time, those outside it last. A latent that depends on all the past of the data reads it from an auxiliary chain,
    `past`; one that depends on all latents that follow, as those of a sequence with a label do, from another, `future`.

    Raises:
        ValueError: if the steps of the plate have no such rule in common.
    """
    parents, past, future = _marginalised(network), _free_name(network, "past"), _free_name(network, "future")
    rules, remembered, foreseen = {}, {}, {}
    (steps, inner), lag = _extent(network), network.lag
    for z in network.latent:
        t = inner if network[z].plate else None
        lags = _lags(network, parents[ground_name(z, t)], t)
        far = {n for n in lags if t and network[n].observed and min(lags[n]) < -lag}
        ahead = {n for n in lags if t and network[n].plate and not network[n].observed and max(lags[n]) > lag}
        on_plate = {n for n in lags if t and network[n].plate}
        # Steps that are read one by one: `past` tells of the data up to t, `future` of what follows t.
        window = {n: set(range(1 if n in far else -lag, 1 if n in ahead else 1 + lag)) for n in on_plate}
        near = {n: lags[n] & window.get(n, lags[n]) for n in lags}
        rules[z] = _refs(network, near) + [f"{past}[t]"] * bool(far) + [f"{future}[t+1]"] * bool(ahead)
        remembered |= {n: None for n in network.order if far and (n in far or n in lags and not network[n].plate)}
        foreseen |= {n: None for n in network.order if n in ahead}
    helpers = [Node(past, [f"{past}[t-1]", *remembered], plate=True, auxiliary=True)] if remembered else []
    helpers += [Node(future, [f"{future}[t+1]", *foreseen], plate=True, auxiliary=True)] if foreseen else []
    graph = recognition(network, rules, helpers)
    ground = graph.unroll(steps if network.has_plate else None)
    for unrolled, needed in parents.items():
        if not needed <= {r.name for r in ground.parents[unrolled]}:
            raise _no_rule(unrolled.partition("[")[0], f"has the parents {', '.join(sorted(needed))} at {unrolled}")
    return graph


def _marginalised(network):
    """By latent of the unrolled network, what it depends on once those before it are marginalised."""
    steps = _extent(network)[0]
    ground = network.unroll(steps if network.has_plate else None)
    causes = {n: {r.name for r in refs} for n, refs in ground.parents.items()}
    on_plate = [n for n in network.latent if network[n].plate]
    groups = [[f"{n}[{t}]"] for t in range(1, steps + 1) for n in on_plate]
    groups.append([n for n in network.latent if n not in on_plate])
    left, found = set(ground.order), {}
    for group in groups:
        while group:
            ready = [z for z in group if not causes[z] & set(group)]
            seen = {z: boundary(causes, z, left - {z}) for z in ready}
            z = min(ready, key=lambda z: len(seen[z]))
            found[z] = seen[z]
            left.remove(z)
            group.remove(z)
    return found


def _lags(network, names, t):
    """Steps of unrolled variables by name, counted from step t: v[4] and x[3] are 1 and 0 at t = 3; all outside."""
    found = {}
    for ground in names:
        name, _, step = (ground, "", "") if ground in network.nodes else ground.rstrip("]").partition("[")
        found.setdefault(name, set()).update([int(step) - t] if step and t else range(_extent(network)[0]))
    return found


def _refs(network, lags):
    """Parents as they are declared, such as `v[t+1]`."""
    refs = []
    for name in (n for n in network.order if n in lags):
        if not network[name].plate:
            refs.append(name)
        elif len(lags[name]) == _extent(network)[0]:
            refs.append(f"{name}[1:T]")
        else:
            refs += [f"{name}[t{lag:+d}]" if lag else f"{name}[t]" for lag in sorted(lags[name])]
    return refs


def _free_name(network, name):
    return name if name not in network.nodes else _free_name(network, f"{name}_")


def _no_rule(name, reason):
    return ValueError(
        f"The inverse of {name!r} {reason}; a plate needs one rule for all steps. "
        "Declare the network without a plate, or give a recognition graph of your own."
    )
