"""What every package may use: files, choices by name, a cache of arrays, the range of images.

Imports none of the other packages.
"""
