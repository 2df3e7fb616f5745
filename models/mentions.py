"""Whom does a comment call by name?

``@陈阳 请看`` calls 陈阳, by name or by login name. Chinese puts no blank after a name, so that the longest name that fits is meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# An @ inside a word belongs to an e-mail address.
_CALL = re.compile(r"(?<![\w.%+-])@", re.ASCII)
_WORD = re.compile(r"[^\s@，。！？、；：,!?;:（）()\[\]【】<>《》\"'“”]{1,20}")


@dataclass(frozen=True)
class Called:
    """Whom a text calls: the ids of those it names, each once, and the words after an @ that name nobody."""

    person_ids: tuple[str, ...]
    unknown: tuple[str, ...]


def called(text: str, *, names: Mapping[str, str]) -> Called:
    """Find whom a text calls among people, given as login name -> name; a name that several bear calls all of them.

    >>> called("@陈阳请看，抄送 @li@a.example 和 @张三", names={"chen": "陈阳", "li@a.example": "Li"})
    Called(person_ids=('chen', 'li@a.example'), unknown=('张三',))
    >>> called("@Lily @li, x@li.cn @", names={"a": "Li"})
    Called(person_ids=('a',), unknown=('Lily',))
    """
    labels = sorted({label for pair in names.items() for label in pair if label}, key=len, reverse=True)
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for call in _CALL.finditer(text):
        label = next((each for each in labels if _begins(text, call.end(), label=each)), None)
        if label is not None:
            meant = label.casefold()
            found |= dict.fromkeys(person_id for person_id, name in names.items() if meant in (person_id.casefold(), name.casefold()))
        elif word := _WORD.match(text, call.end()):
            unknown[word[0]] = None
    return Called(tuple(found), tuple(unknown))


def _begins(text: str, start: int, *, label: str) -> bool:
    """Say whether a label stands at a place of a text, and not as the beginning of a longer word of Latin letters."""
    end = start + len(label)
    if text[start:end].casefold() != label.casefold():
        return False
    return not (re.match(r"\w", label[-1], re.ASCII) and re.match(r"\w", text[end : end + 1], re.ASCII))
