"""Data sets of images: what is asked of them, one reader each, and minibatches."""
