"""What stands at a path of a JSON record?

A path is names joined by dots; ``[]`` after a name walks every element of a list: ``refunds[].transactions[].amount``.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any


def all_at(record: Mapping[str, Any], path: str) -> Iterator[Any]:
    """Give every value at a path; a list at its end is walked too.

    >>> list(all_at({"a": [{"b": 1}, {"b": 2}, {}]}, "a[].b"))
    [1, 2]
    >>> list(all_at({"a": [1, 2]}, "a"))
    [1, 2]
    """
    found: list[Any] = [record]
    for name in path.split("."):
        key = name.removesuffix("[]")
        below = [value[key] for value in found if isinstance(value, Mapping) and value.get(key) is not None]
        found = [element for value in below for element in (value if isinstance(value, list) else [value])]
    return iter(found)


def text_at(record: Mapping[str, Any], path: str) -> str | None:
    """Give the first value at a path as text, None where there is none.

    >>> text_at({"id": 450789469, "test": False, "a": {"b": 1.5}}, "a.b")
    '1.5'
    """
    for value in all_at(record, path):
        if (text := as_text(value)) is not None:
            return text
    return None


def has_path(record: Mapping[str, Any], path: str) -> bool:
    """Say whether a record has a place for a path, filled or not; an empty list or a null on the way counts as one.

    >>> has_path({"a": None, "b": []}, "a"), has_path({"b": []}, "b[].c"), has_path({}, "a")
    (True, True, False)
    """
    value: Any = record
    for name in path.split("."):
        if isinstance(value, list):
            if not value:
                return True
            value = value[0]
        if value is None:
            return True
        key = name.removesuffix("[]")
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return True


def as_text(value: object) -> str | None:
    """Write a JSON value as a file of text would; empty and unwritable values are None.

    >>> as_text(Decimal("1E+2")), as_text(True), as_text(""), as_text(48000.0)
    ('100', 'true', None, '48000.0')
    """
    if value is None or isinstance(value, Mapping | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value).strip() or None
