"""What the two players of the game have in common: they own variables, which can be saved."""

import keras


class Player(keras.Model):
    """Owns the variables of a player, in whatever lists and dictionaries its layers are; all of them can be saved."""

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        # What `tf.train.Checkpoint` writes; TensorFlow does not find layers that Keras keeps in a list or a dictionary.
        found = super()._trackable_children(save_type, **kwargs)
        if save_type != "checkpoint":
            return found
        return found | {f"variable_{i}": variable.value for i, variable in enumerate(self.variables)}

    def save(self, *args, **kwargs):
        """Not to be had: the networks are code, which a file of Keras does not hold."""
        raise NotImplementedError(
            f"{type(self).__name__}.save was called; the networks are made by code, which no file holds; expected a "
            "way to write variables alone. Call save_weights('name.weights.h5') or tf.train.Checkpoint(model=model)"
            ".write(path), and read it into a model that the same code makes; the export of a run needs no code."
        )
