"""What every package may use: files, choices by name, a cache of arrays.

Imports none of the other packages.
"""
