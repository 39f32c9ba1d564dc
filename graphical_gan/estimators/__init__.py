"""Your own arrays: GMGAN and SSGAN as estimators in scikit-learn's manner, and `fit` for a network of your own.

They train by the loop of the commands, in a run folder, and load TensorFlow when they are fitted. Imports runs, data
and every package below them; only the package itself hands their names on.
"""
