"""The neural networks of a model of images, sized by one bundle of settings."""

import dataclasses
from typing import Self

from graphical_gan.common.choices import chosen
from graphical_gan.layers.clips import ClipExtractor, stacked
from graphical_gan.layers.images import (
    Extractor,
    Features,
    Generator,
    JointDiscriminator,
    VectorDiscriminator,
    output_of,
)
from graphical_gan.settings.tables import NETWORKS


@dataclasses.dataclass(frozen=True)
class ImageNetworks:
    """The neural networks of Tables 2 and 3, which share these sizes and choices.

    Attributes:
        image_shape: (H, W, C).
        latent: length of h.
        width: channels next to the image.
        units: of each dense layer of the discriminators.
        output: activation of the images, "sigmoid" or "tanh"; "linear" of vectors.
        batch_norm: whether G and E are normalised.
        dropout: rate in the discriminators.
        discriminator_batch_norm: whether D of the images is normalised.
        discriminator_dense_layers: dense layers of its latent branch and of its joint one.
    """

    image_shape: tuple[int, int, int]
    latent: int
    width: int
    units: int
    output: str
    batch_norm: bool
    dropout: float
    discriminator_batch_norm: bool
    discriminator_dense_layers: int

    @classmethod
    def from_settings(cls, settings: dict, data_spec, **of_data) -> Self:
        """What the settings of a run say, for images of `data_spec.image_shape` and `value_range`.

        Args:
            of_data: further attributes that the data tells.
        """
        of_data |= {"image_shape": data_spec.image_shape, "output": output_of(data_spec.value_range)}
        names = {field.name for field in dataclasses.fields(cls)} & settings.keys() - of_data.keys()
        return cls(**{name: settings[name] for name in names}, **of_data)

    def generator(self) -> Generator:
        """Images from vectors: one, or several side by side, one-hot ones among them."""
        return Generator(self.image_shape, self.width, self.output, self.batch_norm)

    def extractor(self, size: int) -> Extractor:
        """Vectors [B, size] from images, or from images and vectors."""
        return Extractor(Features(self.image_shape, self.width, self.batch_norm), size)

    def clip_extractor(self, size: int, length: int) -> ClipExtractor:
        """Vectors [B, size] from clips of that many frames, or from clips and vectors, or sequences of them."""
        return ClipExtractor(Features(stacked(self.image_shape, length), self.width, self.batch_norm), size)

    def image_discriminator(self, image_shape: tuple[int, int, int]) -> JointDiscriminator:
        """D of an image of that shape, and of vectors."""
        features = Features(image_shape, self.width, self.discriminator_batch_norm, self.dropout)
        return JointDiscriminator(features, self.units, self.dropout, self.discriminator_dense_layers)

    def vector_discriminator(self) -> VectorDiscriminator:
        """D of vectors, one-hot vectors, and sequences of both."""
        return VectorDiscriminator(self.units, self.dropout)


def image_networks(settings: dict, data_spec) -> ImageNetworks:
    """The networks that --networks names, in the sizes of the settings of a run.

    Raises:
        ValueError: if they are for images, and the data is vectors.
    """
    if len(data_spec.image_shape) == 1 and settings["networks"] != "dense":
        raise ValueError(
            f"--networks={settings['networks']} for vectors of length {data_spec.image_shape[0]}; expected networks "
            "without convolutions. Give --networks=dense."
        )
    return chosen(NETWORKS, networks=settings["networks"]).from_settings(settings, data_spec)
