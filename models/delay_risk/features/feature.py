"""What is a feature?"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Feature:
    """A column of the model's frame: what it says in words, and the group that it is told with in reasons.

    ``code`` columns hold texts ('' = not known), ``number`` columns floats (NaN = not known). More of what ``eases`` never makes an order
    likelier to be late, and trees are held to that.
    """

    name: str
    group: str
    kind: Literal["number", "code"]
    zh: str
    en: str
    eases: bool = False
