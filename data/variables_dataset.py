"""A data set of variables in memory."""

import dataclasses

from graphical_gan.data.dataset import Dataset, gathered


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class VariablesDataset(Dataset):
    """A data set of variables in memory. Made by `data.load_variables`; its splits are `variables.Rows`.

    Minibatches hold float32 [B, ...] by name of the variable.
    """

    def _minibatch(self, number, rows, seed):
        return {name: gathered(array, rows) for name, array in self.train.values.items()}
