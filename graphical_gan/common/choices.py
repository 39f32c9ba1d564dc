"""Choices by name."""

from collections.abc import Mapping
from typing import Any


def chosen(table: Mapping[str, Any], **choice: str) -> Any:
    """The entry of a table that a choice names.

    Args:
        table: by name.
        choice: the one name, as the keyword that it came as.

    Raises:
        ValueError: if the table has no such entry.
    """
    ((keyword, name),) = choice.items()
    if name not in table:
        raise ValueError(f"{keyword}={name!r} is unknown; expected one of {', '.join(table)}. Choose one of them.")
    return table[name]
