"""SSGAN, the state space GAN (the paper, section 3), and its global baselines: content h, motion v[t], frames x[t]."""

import dataclasses

import keras

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.game.game import Game
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph, Ref
from graphical_gan.graph.families import Family, global_family, local_families
from graphical_gan.layers.clips import (
    ClipExtractor,
    FrameFeatures,
    StackedFeatures,
    Transition,
    VolumeFeatures,
    stacked,
)
from graphical_gan.layers.images import Extractor, Features, JointDiscriminator, output_of
from graphical_gan.layers.networks import ImageNetworks

FRAME_VECTOR = 128  # of ConcatZ


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClipNetworks(ImageNetworks):
    """The neural networks of Tables 4 to 6: those of images, for frames, and what clips need besides.

    Extractors are never normalised, nor is a discriminator.

    Attributes:
        labels: number of classes that condition the networks, 0 for none (appendix D: Moving MNIST).
        T: number of frames.
        motion: length of v[t], and of the noise.
        noise: "same" at every step (appendix D), or "fresh".
        transition_units: of each dense layer of the transition.
        transition_skip: "identity" or "linear" (Table 5).
        transition_weights: initial ones, "glorot_uniform" (released code) or "he_uniform".
        content_factor: whether the local algorithm has a factor (h) of its own (released code).
    """

    labels: int
    T: int
    motion: int
    noise: str
    transition_units: int
    transition_skip: str
    transition_weights: str
    content_factor: bool
    discriminator_batch_norm: bool = False
    discriminator_dense_layers: int = 1

    def transition(self) -> Transition:
        """v[t] from v[t-1] and another vector."""
        return Transition(self.motion, self.transition_units, self.transition_skip, self.transition_weights)

    def frame_extractor(self) -> Extractor:
        """v[t], or features of a frame, from x[t]."""
        return dataclasses.replace(self, batch_norm=False).extractor(self.motion)

    def content_extractor(self) -> ClipExtractor:
        """h from x[1:T]."""
        return dataclasses.replace(self, batch_norm=False).clip_extractor(self.latent, self.T)

    def image_discriminator(self, image_shape: tuple[int, int, int]) -> JointDiscriminator:
        """D of a frame, and of vectors; labels enter twice (released code)."""
        features = Features(image_shape, self.width, self.discriminator_batch_norm, self.dropout)
        return JointDiscriminator(features, self.units, self.dropout, labels_again=bool(self.labels))

    def global_discriminator(self, model: str) -> JointDiscriminator:
        """D of all variables, of a global baseline."""
        features = {
            "3dcnn": lambda: VolumeFeatures(self.T, self.width, self.dropout),
            "concat_x": lambda: StackedFeatures(stacked(self.image_shape, self.T), self.width, False, self.dropout),
            "concat_z": lambda: FrameFeatures(FRAME_VECTOR, self.image_shape, self.width, False, self.dropout),
        }[model]()
        again = model == "concat_z" and bool(self.labels)
        return JointDiscriminator(features, self.units, self.dropout, labels_again=again)


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
            the released code; "forward" in time; or "smoothing", backward and then forward. All but "inverse" have
            h|x[1:T].
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
    }
    content = Node("h", ["x[1:T]", *(["v[1:T]"] if structure == "inverse" else []), *given])
    return Graph([*nodes, *motion[structure], content], length=T)


def build(model: str, recognition: str, networks: ClipNetworks, objective: Objective | None = None) -> Game:
    """SSGAN-L (local), or a global baseline.

    Args:
        model: "ssgan-l", "3dcnn", "concat_x" or "concat_z".
        recognition: structure of q, see `recognition_graph`.
        networks: all neural networks.
        objective: divergence and terms; the paper's if None.
    """
    labels, objective = bool(networks.labels), objective or Objective()
    p = network(networks.T, networks.noise, labels)
    q = recognition_graph(recognition, networks.T, labels)
    engine = GraphicalGAN(p, _generative(networks), _recognition(networks, recognition), q)
    if model != "ssgan-l":
        (family,) = global_family(p)
        return objective.game(engine, [family], replaced={str(family): networks.global_discriminator(model)})
    content = (Family((Ref("h"),), 1),) if networks.content_factor else ()
    return objective.game(engine, local_families(p) + content, networks)


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for clips of the data's shape, range and labels."""
    labels = data_spec.classes if data_spec.conditioned else 0
    derived = {"image_shape": data_spec.image_shape, "labels": labels, "output": output_of(data_spec.value_range)}
    names = {field.name for field in dataclasses.fields(ClipNetworks) if field.name in settings} - set(derived)
    networks = ClipNetworks(**{name: settings[name] for name in names}, **derived)
    return build(settings["model"], settings["recognition"], networks, Objective.from_settings(settings))


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


def _recognition(networks, structure):
    """The conditionals of q."""
    content, features = networks.content_extractor(), networks.frame_extractor()
    if structure == "mean_field":
        return {"h": content, "v": features}  # h = E1(x[1:T]), v[t] = E2(x[t])

    border = {"inverse": "v[T]", "released_inverse": "v[T]", "forward": "v[1]", "smoothing": "v[1]"}[structure]
    motion = {"u": features, "v": networks.transition(), border: keras.layers.Identity()}
    if structure == "smoothing":
        motion |= {"w": networks.transition(), "w[T]": keras.layers.Identity()}
    return {"h": content} | motion
