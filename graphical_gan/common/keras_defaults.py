"""Keras' defaults that networks and optimizers depend on, whatever ~/.keras/keras.json says: importing this sets them.

Loads TensorFlow. The packages that make layers import it.
"""

import keras

keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
