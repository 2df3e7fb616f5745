"""What stands at a path of a JSON record?

A path is names joined by dots; ``[]`` after a name walks every element of a list: ``refunds[].transactions[].amount``. A key that has
dots itself (``FMaterialId.FNumber``) stands for what it says.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any


@cache
def _keys(path: str) -> tuple[str, ...]:
    return tuple(name.removesuffix("[]") for name in path.split("."))


def all_at(record: Mapping[str, Any], path: str) -> list[Any]:
    """Give every value at a path; a list on the way or at its end is walked.

    >>> all_at({"a": [{"b": 1}, {"b": 2}, {}]}, "a[].b"), all_at({"a": [1, 2]}, "a")
    ([1, 2], [1, 2])
    """
    found: list[Any] = [record]
    for key in _keys(path):
        below = [value[key] for value in found if isinstance(value, dict) and value.get(key) is not None]
        found = [element for value in below for element in (value if isinstance(value, list) else (value,))]
    return found


def text_at(record: Mapping[str, Any], path: str) -> str | None:
    """Give the first value at a path as text, None where there is none.

    >>> text_at({"a": {"b": 1.5}}, "a.b"), text_at({"a": "x"}, "a.b"), text_at({"a": [{}, {"b": 2}]}, "a[].b")
    ('1.5', None, '2')
    """
    value: Any = record
    if path in record:
        return as_text(record[path])
    for key in _keys(path):
        if isinstance(value, list):
            break
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    if not isinstance(value, list):
        return as_text(value)
    return next((text for found in all_at(record, path) if (text := as_text(found)) is not None), None)


def has_path(record: Mapping[str, Any], path: str) -> bool:
    """Say whether a record has a place for a path, filled or not; an empty list or a null on the way counts as one.

    >>> has_path({"a": None, "b": []}, "a"), has_path({"b": []}, "b[].c"), has_path({}, "a")
    (True, True, False)
    """
    value: Any = record
    if path in record:
        return True
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
    if isinstance(value, str):
        return value.strip() or None
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)
