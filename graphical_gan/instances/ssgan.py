"""SSGAN, the state space GAN (the paper, section 3), and its global baselines: content h, motion v[t], frames x[t]."""

from collections.abc import Iterable

import keras

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.game.game import Game
from graphical_gan.game.latent_terms import latent_terms
from graphical_gan.game.objective import Objective
from graphical_gan.game.terms import Term
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph, Ref
from graphical_gan.graph.families import Family, global_family, local_families
from graphical_gan.layers.clip_networks import ClipNetworks, clip_networks

SEEING_MOTION = ("inverse", "window")  # structures of q in which h sees v[1:T]
FEATURES = 32  # of a frame, for a window


def network(T: int, noise: str = "same", labels: bool = False) -> BayesianNetwork:
    """p(h) p(v[1]) p(v[t]|v[t-1]; e) p(x[t]|h, v[t]), and a label y of the clip that the frames depend on."""
    given = ["y"] if labels else []
    nodes = [
        Node("h"),
        Node("e", plate=noise == "fresh", auxiliary=True),
        Node("v", ["v[t-1]", "e"], plate=True),
        Node("x", ["h", "v", *given], plate=True, observed=True),
    ]
    return BayesianNetwork([Node(n, observed=True) for n in given] + nodes, length=T)


def recognition_graph(structure: str, T: int, labels: bool = False) -> Graph:
    """Structure of q; u[t] are features of a frame, so that only small networks are scanned over time.

    Args:
        structure: "mean_field" (section 3); "inverse", backward in time, that of Alg. 2; "released_inverse", that of
            the released code; "forward" in time; "smoothing", backward and then forward; or "window", v[t] from the
            frames around it. Of "inverse" and "window" h sees v[1:T] beside x[1:T].
        T: number of frames.
        labels: whether there is a label y.
    """
    given = ["y"] if labels else []
    nodes = [Node("x", observed=True, plate=True)] + [Node(n, observed=True) for n in given]
    features = Node("u", ["x", *given], plate=True, auxiliary=True)
    backward = Node("w", ["w[t+1]", "u"], plate=True, auxiliary=True)
    motion = {
        "mean_field": [Node("v", ["x", *given], plate=True)],
        "inverse": [features, Node("v", ["v[t+1]", "u"], plate=True)],
        "released_inverse": [features, Node("v", ["v[t+1]", "u"], plate=True)],
        "forward": [features, Node("v", ["v[t-1]", "u"], plate=True)],
        "smoothing": [features, backward, Node("v", ["v[t-1]", "w"], plate=True)],
        "window": [features, Node("v", ["u[1:T]"], plate=True)],
    }
    content = Node("h", ["x[1:T]", *(["v[1:T]"] if structure in SEEING_MOTION else []), *given])
    return Graph([*nodes, *motion[structure], content], length=T)


def build(
    model: str,
    recognition: str,
    networks: ClipNetworks,
    objective: Objective | None = None,
    terms: Iterable[Term] = (),
) -> Game:
    """SSGAN-L (local), or a global baseline.

    Args:
        model: "ssgan-l", "3dcnn", "concat_x" or "concat_z".
        recognition: structure of q, see `recognition_graph`.
        networks: all neural networks.
        objective: divergence and terms; the paper's if None.
        terms: further ones.

    Raises:
        ValueError: if the networks read content where motion says, and q has content that does not see motion.
    """
    if networks.content_sees_motion and recognition not in SEEING_MOTION:
        raise ValueError(
            f"--networks=placed with --recognition={recognition}, in which content does not see motion; expected "
            f"{' or '.join(SEEING_MOTION)}. Give --recognition=window."
        )
    labels, objective = bool(networks.labels), objective or Objective()
    p = network(networks.T, networks.noise, labels)
    q = recognition_graph(recognition, networks.T, labels)
    generative = _generative(networks)
    engine = GraphicalGAN(p, generative, _recognition(networks, recognition, generative["x"]), q)
    if model != "ssgan-l":
        (family,) = global_family(p)
        whole = {str(family): networks.global_discriminator(model)}
        return objective.game(engine, [family], replaced=whole, further=terms)
    content = (Family((Ref("h"),), 1),) if networks.content_factor else ()
    return objective.game(engine, local_families(p) + content, networks, further=terms)


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for clips of the data's shape, range and labels."""
    networks, terms = clip_networks(settings, data_spec), latent_terms(settings)
    return build(settings["model"], settings["recognition"], networks, Objective.from_settings(settings), terms)


def _generative(networks):
    """The conditionals of p."""
    conditionals = {
        "h": priors.standard_normal(networks.latent),  # p(h) = N(0, I)
        "e": priors.standard_normal(networks.motion),  # p(e) = N(0, I)
        "v[1]": priors.standard_normal(networks.motion),  # p(v[1]) = N(0, I)
        "v": networks.transition(),  # v[t] = O(v[t-1], e)
        "x": networks.generator(),  # x[t] = G(h, v[t])
    }
    return conditionals | ({"y": priors.uniform_one_hot(networks.labels)} if networks.labels else {})


def _recognition(networks, structure, generator):
    """The conditionals of q."""
    size = FEATURES if structure == "window" else networks.motion
    content, features = networks.content_extractor(generator), networks.frame_extractor(size)
    if structure == "mean_field":
        return {"h": content, "v": features}  # h = E1(x[1:T]), v[t] = E2(x[t])
    if structure == "window":  # h = E1(x[1:T], v[1:T]), u[t] = E2(x[t]), v[t] = W(u[t-3:t+3])
        return {"h": content, "u": features, "v": networks.window()}

    border = {"inverse": "v[T]", "released_inverse": "v[T]", "forward": "v[1]", "smoothing": "v[1]"}[structure]
    motion = {
        "u": features,  # u[t] = E2(x[t])
        "v": networks.transition(),  # v[t] = O(v[t+1], u[t]), forward O(v[t-1], u[t]), smoothing O(v[t-1], w[t])
        border: keras.layers.Identity(),  # v = u there, or w
    }
    if structure == "smoothing":
        motion |= {
            "w": networks.transition(),  # w[t] = O(w[t+1], u[t])
            "w[T]": keras.layers.Identity(),  # w[T] = u[T]
        }
    return {"h": content} | motion
