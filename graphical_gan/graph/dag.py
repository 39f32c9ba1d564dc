"""Directed acyclic graphs over named variables, with a plate over time: what p and q have in common."""

from collections.abc import Iterable
from typing import NamedTuple

from graphical_gan.graph.nodes import NAME, Node, Ref, reach, read_ref
from graphical_gan.graph.separation import boundary


class Independence(NamedTuple):
    """A variable that does not depend on others, given further ones."""

    variable: str
    others: tuple[str, ...]
    given: tuple[str, ...]

    def __str__(self):
        return f"{self.variable} is independent of {', '.join(self.others)} given {', '.join(self.given) or 'nothing'}"


class Graph:
    """A directed acyclic graph over named variables: what p and q have in common.

    Use `BayesianNetwork` for p; a plain `Graph`, whose observed nodes are roots, declares a recognition model q.

    Args:
        nodes: the nodes, in any order. Ties of the ancestral order are broken by it, on the plate by the step.
        length: number of steps T of the plate; needed if a node is on it.

    Attributes:
        lag: the longest one, 1 without any.

    Raises:
        ValueError: for a duplicate, an unknown parent, a cycle, a lag outside the plate, a plate without a length, or
            nodes that wait for each other in both directions of time.
    """

    def __init__(self, nodes: Iterable[Node], length: int | None = None):
        self.nodes = {}
        for node in nodes:
            if not NAME.match(node.name):
                raise ValueError(f"Node {node.name!r}: a name is a word such as 'h'. Rename the node.")
            if node.name in self.nodes:
                raise ValueError(f"Node {node.name!r} is declared twice; names are unique. Rename or remove one.")
            self.nodes[node.name] = node
        self.length = length
        self._check_plate()
        self.parents = {
            name: tuple(read_ref(self.nodes, node, p) for p in node.parents) for name, node in self.nodes.items()
        }
        self.lag = max([1, *(step for refs in self.parents.values() for step in reach(refs))])
        self._check_length()
        self.order = self._ancestral_order()
        for block in self.blocks():
            self._check_direction(block)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    @property
    def has_plate(self) -> bool:
        return any(node.plate for node in self.nodes.values())

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that p and q share: all but the auxiliary ones, in ancestral order."""
        return tuple(n for n in self.order if not self[n].auxiliary)

    @property
    def observed(self) -> tuple[str, ...]:
        return tuple(n for n in self.variables if self[n].observed)

    @property
    def latent(self) -> tuple[str, ...]:
        return tuple(n for n in self.variables if not self[n].observed)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the observed variables that the model is given, and does not explain."""
        return tuple(n for n in self.observed if self[n].input)

    @property
    def partly(self) -> tuple[str, ...]:
        """Names of the latent variables that the data holds for some examples."""
        return tuple(n for n in self.latent if self[n].partly)

    def given(self, conditional: str) -> tuple[Ref, ...]:
        """Parents of a node, or of a lagged one at a border (see `borders`): without the step outside and the noise."""
        if conditional in self.nodes:
            return self.parents[conditional]
        name, _, at = conditional.rstrip("]").partition("[")
        refs = (r.at_end(at) for r in self.parents[name] if not self.is_noise(r.name))
        return tuple(r for r in refs if r)

    def is_noise(self, name: str) -> bool:
        return self[name].auxiliary and not self[name].parents

    def borders(self, name: str) -> tuple[str, ...]:
        """Conditionals of a node at the ends where a lag leads off the plate: `v[1]` of one that looks back, `v[T]`.

        With longer lags also `v[2]`, ..., and `v[T-1]`, ...
        """
        back, ahead = reach(self.parents[name])
        return tuple(f"{name}[{at}]" for at in (*first_steps(back), *last_steps(ahead)))

    def conditional(self, name: str, at: str) -> str:
        """Name of the conditional of a node at a step near an end, "1" or "T-1"; elsewhere it is the node's own."""
        border = f"{name}[{at}]"
        return border if border in self.borders(name) else name

    def lags(self, block: Iterable[str]) -> tuple[int, int]:
        """How many steps the nodes of a block look back at each other, and how many ahead: one of them is 0."""
        return reach(r for n in block for r in self.parents[n] if r.name in block)

    def edges(self) -> list[tuple[str, str, str]]:
        """(parent, child, label) for a drawing; the label is the lag or range of a parent on the plate, else ""."""
        return [(r.name, n, "" if r.step in ("", "t") else r.step) for n in self.order for r in self.parents[n]]

    def text(self, letter: str) -> str:
        """The factorisation on one line, such as `q(h|x) q(k|h)`; what q observes is given, and has no term."""
        names = [n for n in self.order if not (letter == "q" and self[n].observed)]
        return " ".join(self.term(letter, c) for n in names for c in (*self.borders(n), n))

    def term(self, letter: str, conditional: str) -> str:
        """The factor of a node, or of a lagged node at its border: `p(h|k)`, `p(v[t]|v[t-1])`, `p(v[1])`."""
        refs = self.given(conditional)
        child = f"{conditional}[t]" if conditional in self.nodes and self[conditional].plate else conditional
        noise = [str(r) for r in refs if self.is_noise(r.name)]
        given = ",".join(str(r) for r in refs if not self.is_noise(r.name))
        return f"{letter}({child}{'|' if refs else ''}{given}{';' if noise else ''}{','.join(noise)})"

    def _check_plate(self):
        if not self.has_plate and self.length is not None:
            raise ValueError(f"length={self.length}, but no node is on the plate. Remove it, or declare plate=True.")
        if self.has_plate and (not isinstance(self.length, int) or self.length < 2):
            raise ValueError(
                f"length={self.length!r} of a network with a plate; expected one whole number, of at least 2 steps. "
                "Give length=T."
            )

    def _check_length(self):
        for name in self.nodes:
            if self.has_plate and self.length < max(len(self.borders(name)), 1 + max(reach(self.parents[name]))):
                raise ValueError(
                    f"length={self.length} with the lags of {name!r}; expected so many steps that one sees all of its "
                    "parents. Give a larger length, or shorter lags."
                )

    def _check_direction(self, block):
        if all(self.lags(block)):
            raise ValueError(
                f"The nodes {', '.join(block)} depend on each other a step before and a step after; they are sampled "
                "from one end of the plate to the other. Shift one of them in time, so that all lags look one way."
            )

    def ground_parents(self, name: str, t: int | None, length: int) -> list[tuple[str, int | None]]:
        """Parents of a variable in the network unrolled to `length` steps, as (name, step or None)."""
        found = []
        for ref in self.parents[name]:
            if ref.step == "1:T":
                found += [(ref.name, s) for s in range(1, length + 1)]
            elif ref.step == "":
                found.append((ref.name, None))
            elif 1 <= t + ref.lag <= length:
                found.append((ref.name, t + ref.lag))
        return found

    def ground_order(self, length: int) -> list[tuple[str, int | None]]:
        """All variables of the network unrolled to `length` steps, parents first; ties by step, then as declared."""
        steps = range(1, length + 1)
        left = [(n, t) for n, node in self.nodes.items() for t in (steps if node.plate else [None])]
        left.sort(key=lambda variable: variable[1] or 0)  # stable: within a step as declared
        order = []
        while left:
            ready = next((v for v in left if not any(p in left for p in self.ground_parents(*v, length))), None)
            if ready is None:
                raise ValueError(
                    f"The nodes {', '.join(sorted({n for n, _ in left}))} form a cycle (or follow one); "
                    "a Bayesian network has none. Remove or turn one of its edges, or lag it: 'v[t-1]'."
                )
            order.append(ready)
            left.remove(ready)
        return order

    def unroll(self, length: int | None = None) -> "Graph":
        """The same network without a plate: nodes `v[1]`, ..., `v[T]`; parents of auxiliary ones take their place."""
        length = length or self.length
        nodes = []
        for name, t in self.ground_order(length or 1):
            if not self[name].auxiliary:
                parents = dict.fromkeys(self._ground_variables(name, t, length))
                given = [ground_name(*p) for p in parents]
                nodes.append(Node(ground_name(name, t), given, self[name].observed, input=self[name].input))
        return type(self)(nodes)

    def _ground_variables(self, name, t, length):
        for parent in self.ground_parents(name, t, length):
            yield from self._ground_variables(*parent, length) if self[parent[0]].auxiliary else [parent]

    def unfaithful(self, network: "Graph") -> list[Independence]:
        """The conditional independences that this graph, of q, assumes of its latents and that a network does not have.

        On a plate they are those of the first steps. If there are none, q can be the exact posterior.
        """
        steps = min(self.length, 2 + 2 * max(self.lag, network.lag)) if self.has_plate else None
        ground = self.unroll(steps)
        p, q = ({n: [r.name for r in g.parents[n]] for n in g.order} for g in (network.unroll(steps), ground))
        before, found = list(ground.observed), []
        for z in ground.latent:
            others = [n for n in before if n not in q[z] and n in boundary(p, z, {*q[z], n})]
            found += [Independence(z, tuple(others), tuple(q[z]))] if others else []
            before.append(z)
        return found

    def _ancestral_order(self):
        # Steps that see all their parents show every cycle that lags can close.
        return tuple(dict.fromkeys(n for n, _ in self.ground_order(1 + 2 * self.lag)))

    def scanned(self) -> list[str]:
        """Nodes of the blocks that are scanned over time: what one step hands on to the next."""
        return [n for block in self.blocks() if any(map(self.borders, block)) for n in block]

    def opening(self, name: str) -> int:
        """How many first steps a scanned node of p is begun with: those that look back off the plate, in its block."""
        (block,) = (block for block in self.blocks() if name in block)
        return reach(r for n in block for r in self.parents[n])[0]

    def blocks(self) -> list[tuple[str, ...]]:
        """Groups of nodes that are sampled together, in ancestral order.

        A node without lagged parents stands alone. Nodes with lagged parents that reach each other in a loop, as one
        chain or several coupled ones do, make a block that is scanned over time.
        """
        descendants = {n: self._reachable(n) for n in self.order}
        blocks, done = [], set()
        while len(done) < len(self.order):
            for name in self.order:
                block = tuple(n for n in self.order if n == name or (n in descendants[name] and name in descendants[n]))
                outside = {r.name for n in block for r in self.parents[n]} - set(block)
                if name not in done and outside <= done:
                    blocks.append(block)
                    done.update(block)
                    break
        return blocks

    def ancestors(self, name: str) -> set[str]:
        """Names of all nodes that a node depends on, and its own."""
        return {name} | {n for n in self.order if name in self._reachable(n)}

    def _reachable(self, name):
        found, frontier = set(), [name]
        while frontier:
            current = frontier.pop()
            children = {n for n in self.order if any(r.name == current for r in self.parents[n])} - found
            found |= children
            frontier += children
        return found


def ground_name(name: str, t: int | None) -> str:
    """Name of a variable in an unrolled network: `v[2]`, or `h` outside the plate."""
    return name if t is None else f"{name}[{t}]"


def first_steps(count: int) -> list[str]:
    """Names of so many steps from the beginning of the plate on: "1", "2"."""
    return [str(t) for t in range(1, count + 1)]


def last_steps(count: int) -> list[str]:
    """Names of so many steps from the end of the plate back: "T", "T-1"."""
    return [f"T{-t or ''}" for t in range(count)]
