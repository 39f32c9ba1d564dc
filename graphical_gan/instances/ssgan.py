"""SSGAN, the state space GAN (the paper, section 3), and its global baselines: content h, motion v[t], frames x[t]."""

import dataclasses

import keras

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.game.factors import Game, global_family, local_families
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Family, Node
from graphical_gan.graph.dag import Graph, Ref
from graphical_gan.layers.clips import (
    ClipExtractor,
    FrameFeatures,
    StackedFeatures,
    Transition,
    VolumeFeatures,
    stacked,
)
from graphical_gan.layers.images import (
    Extractor,
    Features,
    Generator,
    JointDiscriminator,
    VectorDiscriminator,
    output_of,
)

FRAME_VECTOR = 128  # of ConcatZ


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Sizes and choices of the networks of Tables 4 to 6.

    Attributes:
        image_shape: (H, W, C) of a frame.
        labels: number of classes that condition the networks, 0 for none (appendix D: Moving MNIST).
        T: number of frames.
        latent: length of h.
        motion: length of v[t], and of the noise.
        noise: "same" at every step (appendix D), or "fresh".
        output: activation of the frames, "sigmoid" or "tanh".
        width: channels next to the image.
        units: of each dense layer of the discriminators.
        transition_units: of each dense layer of the transition.
        transition_skip: "identity" or "linear" (Table 5).
        transition_weights: initial ones, "glorot_uniform" (released code) or "he_uniform".
        batch_norm: whether the generator is normalised.
        dropout: rate in the discriminators.
        content_factor: whether the local algorithm has a factor (h) of its own (released code).
    """

    image_shape: tuple[int, int, int]
    labels: int
    T: int
    latent: int
    motion: int
    noise: str
    output: str
    width: int
    units: int
    transition_units: int
    transition_skip: str
    transition_weights: str
    batch_norm: bool
    dropout: float
    content_factor: bool


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
        structure: "mean_field" (section 3); "inverse", backward in time, that of Alg. 2; "forward" in time; or
            "smoothing", backward and then forward. All but "inverse" have h|x[1:T].
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
        "forward": [features, Node("v", ["v[t-1]", "u"], plate=True)],
        "smoothing": [features, backward, Node("v", ["v[t-1]", "w"], plate=True)],
    }
    content = Node("h", ["x[1:T]", *(["v[1:T]"] if structure == "inverse" else []), *given])
    return Graph([*nodes, *motion[structure], content], length=T)


def build(model: str, recognition: str, architecture: Architecture, objective: Objective | None = None) -> Game:
    """SSGAN-L (local), or a global baseline.

    Args:
        model: "ssgan-l", "3dcnn", "concat_x" or "concat_z".
        recognition: structure of q, see `recognition_graph`.
        architecture: of the networks.
        objective: divergence and terms; the paper's if None.
    """
    a, objective = architecture, objective or Objective()
    p = network(a.T, a.noise, bool(a.labels))
    q = recognition_graph(recognition, a.T, bool(a.labels))
    engine = GraphicalGAN(p, _generative(a), _recognition(a, recognition), q)
    if model != "ssgan-l":
        return objective.game(engine, global_family(p), [_global_discriminator(model, a)])
    families = local_families(p)
    if a.content_factor:
        families += (Family((Ref("h"),), 1),)
    return objective.game(engine, families, [_local_discriminator(f, a) for f in families])


def from_settings(settings: dict, about) -> Game:
    """The game that the settings of a run describe (`recipes`), for clips of `about.image_shape`, range and labels."""
    labels = about.classes if about.conditioned else 0
    derived = {"image_shape": about.image_shape, "labels": labels, "output": output_of(about.value_range)}
    names = {field.name for field in dataclasses.fields(Architecture)} - set(derived)
    architecture = Architecture(**{name: settings[name] for name in names}, **derived)
    return build(settings["model"], settings["recognition"], architecture, Objective.from_settings(settings))


def _generative(a):
    conditionals = {
        "h": priors.standard_normal(a.latent),
        "e": priors.standard_normal(a.motion),
        "v[1]": priors.standard_normal(a.motion),
        "v": _transition(a),
        "x": Generator(a.image_shape, a.width, a.output, a.batch_norm),
    }
    return conditionals | ({"y": priors.uniform_one_hot(a.labels)} if a.labels else {})


def _transition(a):
    return Transition(a.motion, a.transition_units, a.transition_skip, a.transition_weights)


def _recognition(a, structure):
    content = {"h": ClipExtractor(stacked(a.image_shape, a.T), a.latent, a.width, False)}
    features = Extractor(a.image_shape, a.motion, a.width, False)
    if structure == "mean_field":
        return content | {"v": features}

    border = {"inverse": "v[T]", "forward": "v[1]", "smoothing": "v[1]"}[structure]
    motion = {"u": features, "v": _transition(a), border: keras.layers.Identity()}
    if structure == "smoothing":
        motion |= {"w": _transition(a), "w[T]": keras.layers.Identity()}
    return content | motion


def _local_discriminator(family, a):
    if family.scope[0].name != "x":
        return VectorDiscriminator(a.units, a.dropout)
    features = Features(a.image_shape, a.width, False, a.dropout)
    return JointDiscriminator(features, a.units, a.dropout, labels_again=bool(a.labels))


def _global_discriminator(model, a):
    features = {
        "3dcnn": lambda: VolumeFeatures(a.T, a.width, a.dropout),
        "concat_x": lambda: StackedFeatures(stacked(a.image_shape, a.T), a.width, False, a.dropout),
        "concat_z": lambda: FrameFeatures(FRAME_VECTOR, a.image_shape, a.width, False, a.dropout),
    }[model]()
    again = model == "concat_z" and bool(a.labels)
    return JointDiscriminator(features, a.units, a.dropout, labels_again=again)
