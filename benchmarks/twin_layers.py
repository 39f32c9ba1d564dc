"""The layers of Tables 2 to 6 in PyTorch, channels last, as a user would write them; weights as in TensorFlow.

Parameters are registered in the order of the product's, so that its arrays can be copied one by one.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.2


class Convolution(nn.Conv2d):
    """5x5, stride 2, padded as TensorFlow does: one row less before than after where the size is even."""

    def __init__(self, channels, filters, size):
        even = size % 2 == 0
        super().__init__(channels, filters, 5, 2, padding=0 if even else 2)
        self.border = (1, 2, 1, 2) if even else None

    def forward(self, x):
        return super().forward(F.pad(x, self.border) if self.border else x)


def halvings(size):
    sizes = [size]
    while sizes[-1] > 4:
        sizes.append(-(-sizes[-1] // 2))
    return sizes


class Features(nn.Module):
    """Convolutions that halve the image and double the channels, flattened."""

    def __init__(self, size, channels, width, batch_norm=False):
        super().__init__()
        sizes = halvings(size)[:-1]
        filters = [channels] + [width * 2**i for i in range(len(sizes))]
        self.convolutions = nn.ModuleList(
            Convolution(a, b, s) for a, b, s in zip(filters, filters[1:], sizes, strict=False)
        )
        normalised = [nn.BatchNorm2d(n, eps=1e-5) if batch_norm else nn.Identity() for n in filters[2:]]
        self.normalisations = nn.ModuleList([nn.Identity(), *normalised])

    def forward(self, x):
        for convolve, normalise in zip(self.convolutions, self.normalisations, strict=True):
            x = F.leaky_relu(normalise(convolve(x)), SLOPE)
        return x.permute(0, 2, 3, 1).flatten(1)


class Extractor(nn.Module):
    """h = E(x), with labels beside the features."""

    def __init__(self, size, channels, width, latent, batch_norm=False, labels=0):
        super().__init__()
        self.features = Features(size, channels, width, batch_norm)
        self.dense = nn.Linear(16 * width * 2 ** (len(halvings(size)) - 2) + labels, latent)

    def forward(self, x, *labels):
        return self.dense(torch.cat([self.features(x), *labels], 1))


class Generator(nn.Module):
    """x = G(h): deconvolutions that double the image and halve the channels."""

    def __init__(self, size, width, latent, batch_norm, output):
        super().__init__()
        self.sizes = halvings(size)[-2::-1]
        first = width * 2 ** (len(self.sizes) - 1)
        filters = [first // 2**i for i in range(len(self.sizes))] + [1]
        self.dense = nn.Linear(latent, 16 * first)
        pairs = list(zip(filters, filters[1:], strict=False))
        # TensorFlow's padding: the adjoint of `Convolution`, cropped below.
        self.deconvolutions = nn.ModuleList(nn.ConvTranspose2d(a, b, 5, 2, padding=1) for a, b in pairs)
        layers = [nn.BatchNorm1d(16 * first, eps=1e-5)] + [nn.BatchNorm2d(n, eps=1e-5) for n in filters[1:-1]]
        self.normalisations = nn.ModuleList(layers if batch_norm else [nn.Identity() for _ in layers])
        self.output = output

    def forward(self, h):
        x = F.relu(self.normalisations[0](self.dense(h)))
        x = x.view(len(x), 4, 4, -1).permute(0, 3, 1, 2)
        for i, (deconvolve, size) in enumerate(zip(self.deconvolutions, self.sizes, strict=True)):
            doubled = 2 * x.shape[2]
            x = deconvolve(x)[:, :, :doubled, :doubled]
            if i + 1 < len(self.deconvolutions):
                x = F.relu(self.normalisations[i + 1](x))
            x = x[:, :, :size, :size]
        return self.output(x.float())


class MLP(nn.Sequential):
    """Dense layers with leaky ReLU."""

    def __init__(self, *units):
        pairs = zip(units, units[1:], strict=False)
        super().__init__(*(m for a, b in pairs for m in (nn.Linear(a, b), nn.LeakyReLU(SLOPE))))


class JointDiscriminator(nn.Module):
    """Logit of D(x, z...)."""

    def __init__(self, size, width, latents, labels=0):
        super().__init__()
        self.features = Features(size, 1, width)
        self.latent = MLP(latents, 512)
        self.joint = MLP(16 * width * 2 ** (len(halvings(size)) - 2) + 512 + labels, 512)
        self.logit = nn.Linear(512, 1)
        self.labels = labels

    def forward(self, x, *latents):
        again = latents[-1:] if self.labels else ()
        both = torch.cat([self.features(x), self.latent(torch.cat(latents, 1)), *again], 1)
        return self.logit(self.joint(both))[:, 0].float()


class VectorDiscriminator(nn.Module):
    """Logit of D of vectors."""

    def __init__(self, size):
        super().__init__()
        self.hidden = MLP(size, 512, 512, 512)
        self.logit = nn.Linear(512, 1)

    def forward(self, *vectors):
        return self.logit(self.hidden(torch.cat(vectors, 1)))[:, 0].float()


def load(parameters, arrays):
    """Copies TensorFlow's arrays into parameters of the same order; kernels [kh, kw, a, b] become [b, a, kh, kw]."""
    parameters = list(parameters)
    assert len(parameters) == len(arrays), (len(parameters), len(arrays))
    with torch.no_grad():
        for parameter, array in zip(parameters, arrays, strict=True):
            array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
            if array.ndim == 2 and not getattr(parameter, "is_table", False):
                array = array.T
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))
