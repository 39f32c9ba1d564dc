"""Data sets of clips: what is asked of them, one reader each, and minibatches."""
