"""Modules that are loaded when they are first used: a command starts without TensorFlow, with all imports on top."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def attributes(package: str, names: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """The `__getattr__` of a package (PEP 562): `export.saved_models` is loaded where that is written first.

    Args:
        names: of what it hands on, with the module of each.
    """

    def __getattr__(name):
        if name in (names or {}):
            return getattr(importlib.import_module(f"{package}.{names[name]}"), name)
        try:
            return importlib.import_module(f"{package}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{package}.{name}":
                raise
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None

    return __getattr__
