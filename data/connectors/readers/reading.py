"""What does one pass over a file give besides its chunks?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from data.connectors.batch import Chunk


@dataclass(frozen=True)
class Footer:
    """One summary row below the data: its text, and what it states (label -> figure as written), for control sums.

    A 总计 row states its figures by header name (``收入金额(+元)``); a sentence such as ``#交易合计：3笔，商家实收共9.93元``
    by its own words (``交易合计笔数``, ``商家实收``); a bill's summary with names of its own by those.
    """

    row: int
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StatedStatement:
    """One statement as a bank's file states it: account, period and balances, in minor units; ``section`` numbers it in its file."""

    section: int
    account: str
    currency: str
    begins: datetime | None = None
    ends: datetime | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None
    computed_closing_minor: int | None = None
    balance_proven: bool | None = None
    number: str = ""


class Reading:
    """One pass over a file: iterate it, once, for its chunks; ``footers`` is complete when the iteration has ended.

    ``statements`` are those that a bank's file states.
    """

    def __init__(self, source: Callable[[list[Footer]], Iterator[Chunk]], *, statements: Sequence[StatedStatement] = ()) -> None:
        self.footers: list[Footer] = []
        self.statements = tuple(statements)
        self._chunks = source(self.footers)

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks; the same iterator each time, so a second pass gives nothing."""
        return self._chunks

    def __iter__(self) -> Iterator[Chunk]:
        return self._chunks

    def totals(self) -> dict[str, str]:
        """Everything the footers state; the first statement of a label wins."""
        stated: dict[str, str] = {}
        for footer in self.footers:
            for label, figure in footer.values.items():
                stated.setdefault(label, figure)
        return stated
