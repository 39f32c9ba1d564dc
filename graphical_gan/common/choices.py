"""Choices by name."""

import pkgutil
from collections.abc import Mapping
from typing import Any


def chosen(table: Mapping[str, Any], **choice: str) -> Any:
    """What the row of a table holds that a choice names, imported if the row says where it is.

    Args:
        choice: the one name, as the keyword that it came as.

    Raises:
        ValueError: if the table has no such row.
    """
    ((keyword, name),) = choice.items()
    if name not in table:
        raise ValueError(f"{keyword}={name!r} is unknown; expected one of {', '.join(table)}. Choose one of them.")
    return resolved(table[name])


def resolved(entry: Any) -> Any:
    """What a row holds: what "module:attribute" names, which is imported now, or the entry itself."""
    return pkgutil.resolve_name(entry) if isinstance(entry, str) else entry
