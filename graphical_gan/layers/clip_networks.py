"""The neural networks of a model of clips, sized by one bundle of settings."""

import dataclasses

import keras

from graphical_gan.common.choices import chosen
from graphical_gan.layers.clips import FrameFeatures, StackedFeatures, Transition, VolumeFeatures, Window, stacked
from graphical_gan.layers.images import Extractor, Features, JointDiscriminator
from graphical_gan.layers.networks import ImageNetworks
from graphical_gan.settings.tables import CLIP_NETWORKS

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
        transition_skip: "identity" or "linear" (Table 5), or "bounded".
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

    content_sees_motion = False  # whether h can be inferred from x[1:T] and v[1:T] together alone

    def transition(self) -> Transition:
        """v[t] from v[t-1] and another vector."""
        return Transition(self.motion, self.transition_units, self.transition_skip, self.transition_weights)

    def frame_extractor(self, size: int) -> Extractor:
        """v[t], or features of a frame, from x[t]."""
        return dataclasses.replace(self, batch_norm=False).extractor(size)

    def window(self) -> Window:
        """v[t] from features of the frames around it."""
        return Window(self.motion, self.transition_units)

    def content_extractor(self, generator: keras.Model) -> keras.Model:
        """h from x[1:T], or from that and v[1:T].

        Args:
            generator: of p, whose parts some networks share.
        """
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


def clip_networks(settings: dict, data_spec) -> ClipNetworks:
    """The networks that --networks names, in the sizes of the settings of a run, for clips of `data_spec`."""
    labels = data_spec.classes if data_spec.conditioned else 0
    return chosen(CLIP_NETWORKS, networks=settings["networks"]).from_settings(settings, data_spec, labels=labels)
