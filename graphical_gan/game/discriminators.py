"""The networks of a model of images, sized by one bundle of settings; discriminators by the kinds of variables."""

import dataclasses
from collections.abc import Iterable, Mapping

import keras

from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.graph.bayesian_network import Family
from graphical_gan.layers.clips import ClipExtractor, stack, stacked
from graphical_gan.layers.images import (
    Extractor,
    Features,
    Generator,
    JointDiscriminator,
    VectorDiscriminator,
    output_of,
)


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Sizes and choices of the networks of Tables 2 and 3.

    Attributes:
        image_shape: (H, W, C).
        latent: length of h.
        width: channels next to the image.
        units: of each dense layer of the discriminators.
        output: activation of the images, "sigmoid" or "tanh".
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
    def from_settings(cls, settings: dict, about) -> "Architecture":
        """What the settings of a run say, for images of `about.image_shape` and `value_range`."""
        derived = {"image_shape": about.image_shape, "output": output_of(about.value_range)}
        names = {field.name for field in dataclasses.fields(cls)} - set(derived)
        return cls(**{name: settings[name] for name in names}, **derived)

    def generator(self) -> Generator:
        """Images from vectors: one, or several side by side, one-hot ones among them."""
        return Generator(self.image_shape, self.width, self.output, self.batch_norm)

    def extractor(self, size: int) -> Extractor:
        """Vectors [B, size] from images, or from images and vectors."""
        return Extractor(self.image_shape, size, self.width, self.batch_norm)

    def clip_extractor(self, size: int, length: int) -> ClipExtractor:
        """Vectors [B, size] from clips of that many frames, or from clips and vectors, or sequences of them."""
        return ClipExtractor(stacked(self.image_shape, length), size, self.width, self.batch_norm)

    def image_discriminator(self, image_shape: tuple[int, int, int] | None = None) -> JointDiscriminator:
        """D of an image, of this shape if it is another, and of vectors."""
        shape = image_shape or self.image_shape
        features = Features(shape, self.width, self.discriminator_batch_norm, self.dropout)
        return JointDiscriminator(features, self.units, self.dropout, self.discriminator_dense_layers)

    def vector_discriminator(self) -> VectorDiscriminator:
        """D of vectors, one-hot vectors, and sequences of both."""
        return VectorDiscriminator(self.units, self.dropout)


def discriminators(
    model: GraphicalGAN,
    families: Iterable[Family],
    architecture: Architecture,
    replaced: Mapping[str, keras.layers.Layer] | None = None,
) -> list[keras.layers.Layer]:
    """A discriminator for each factor, by the kinds of its variables, found by drawing a sample of p.

    An image [H, W, C] among them gets convolutions, and a sequence of images [T, H, W, C] those of its frames
    stacked; vectors, one-hot vectors and sequences of vectors get dense layers.

    Args:
        model: p and q.
        families: the factors, such as `factors.local_families(network)`.
        architecture: of the networks.
        replaced: discriminators of your own, by the name of their factor, such as "(h, k)".

    Raises:
        ValueError: for a name that is no factor, a factor of two images, or conditionals that `checks` refuses.
    """
    families, replaced = list(families), dict(replaced or {})
    if unknown := sorted(set(replaced) - set(map(str, families))):
        raise ValueError(
            f"A discriminator is given for {unknown[0]!r}; the factors are {', '.join(map(str, families))}. "
            "Mend its name."
        )
    values = checked_samples(model, make_stream(0))[0].values
    return [replaced.get(str(family)) or _by_kind(family, values, architecture) for family in families]


def _by_kind(family, values, architecture):
    shapes = [values[ref.name].shape[1 if ref.step in ("", "1:T") else 2 :] for ref in family.scope]
    images = [shape for shape in shapes if shape.rank >= 3]
    if not images:
        return architecture.vector_discriminator()
    if len(images) > 1 or shapes[0].rank < 3:
        raise ValueError(
            f"The factor {family} has the shapes {', '.join(map(str, shapes))}; a discriminator is known for at most "
            f"one image, which is the child of the others. Give one of your own with replaced={{{str(family)!r}: ...}}."
        )
    if images[0].rank == 4:
        return Stacked(architecture, images[0])
    return architecture.image_discriminator(tuple(images[0]))


class Stacked(keras.Model):
    """D of a whole sequence of images, its frames side by side as channels, and of vectors.

    Args:
        architecture: of the networks.
        shape: (T, H, W, C).
    """

    def __init__(self, architecture: Architecture, shape: tuple[int, int, int, int]):
        super().__init__()
        self.joint = architecture.image_discriminator(stacked(shape[1:], shape[0]))

    def call(self, variables, stream=None, training=False):
        # ([B, T, H, W, C], ...) -> [B]
        x, *others = variables
        return self.joint((stack(x), *others), stream=stream, training=training)
