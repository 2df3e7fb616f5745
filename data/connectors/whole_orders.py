"""What do the several rows of one order (its lines, its packages) say of the order as a whole?

An order has been shipped when all of its rows have, at the last of their times; while only some have, each of those is a
part shipment. The same for a refund: of all rows it ends the order, of some it is a part of its own.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from data.connectors.batch import Chunk
from data.connectors.statements import CODE_OF, Codes, Micros, Rows, Statements, joined, stated
from data.connectors.texts import as_texts
from data.connectors.times import NEVER
from models.events import ENDINGS, EVENT_TYPES, OPEN_STATUSES
from models.findings import Finding

# Facts about the order, whichever of its rows tells them.
OF_THE_ORDER = ("created", "paid", "held", "returned")
# Statuses by how far an order has come; the row that is furthest behind tells where the order stands.
_FURTHER = (*OPEN_STATUSES, "delivered", "completed")
_LATER_THAN_ALL = int(np.iinfo(np.int64).max)


def keep_orders_whole(chunks: Iterable[Chunk], *, column: str) -> Iterator[Chunk]:
    """Give the same rows in chunks that end where an order ends; exports keep an order's rows together."""
    waiting: Chunk | None = None
    for chunk in chunks:
        if waiting is not None:
            cut = _last_order_begins(waiting, column=column)
            yield _slice(waiting, 0, cut, refused=waiting.refused)
            chunk = _after(_slice(waiting, cut, len(waiting.row_number)), chunk)
        waiting = chunk
    if waiting is not None:
        yield waiting


def order_statements(said: Statements, *, order: Rows, part: npt.NDArray[np.object_]) -> Statements:
    """Combine the rows' statements into statements of their orders.

    ``order`` numbers each row's order, ``part`` names the row within it; all rows given count.
    """
    rows_of = np.bincount(order, minlength=int(order.max(initial=-1)) + 1)
    partly = (said.type == "part_shipped") & (said.part == "")
    said.part[partly] = part[said.row[partly]]
    # An order of one row is what its row says.
    settled = (rows_of[order[said.row]] == 1) | (said.part != "")
    return joined([said.only(settled), *_combined(said, said.only(~settled), order=order, rows_of=rows_of, part=part)])


def _combined(said: Statements, open_: Statements, *, order: Rows, rows_of: Rows, part: npt.NDArray[np.object_]) -> Iterator[Statements]:
    count = len(rows_of)
    ended = np.unique(said.row[np.isin(said.type, ENDINGS)])
    all_ended = np.bincount(order[ended], minlength=count) == rows_of
    any_refunded = np.bincount(order[said.row[said.type == "refunded"]], minlength=count) > 0
    for event in EVENT_TYPES:
        one = open_.only(open_.type == event)
        if not len(one.row):
            continue
        if event in OF_THE_ORDER:
            yield _earliest(one, order)
        elif event in ENDINGS:
            whole = all_ended if event == "refunded" else all_ended & ~any_refunded
            yield from _whole_or_parts(one, order, whole=whole, part=part, partly="refunded" if event == "refunded" else "")
        else:
            ended_without = np.bincount(order[np.setdiff1d(ended, one.row)], minlength=count)
            whole = np.bincount(order[one.row], minlength=count) + ended_without == rows_of
            yield from _whole_or_parts(one, order, whole=whole, part=part, partly="part_shipped" if event == "shipped" else "")


def order_codes(codes: Codes, *, order: Rows) -> Codes:
    """Give each order's status at the first of its rows, -1 at the others."""
    place = np.array([_FURTHER.index(word) if word in _FURTHER else -1 for word in CODE_OF] + [-1], dtype=np.int64)[codes]
    frame = pd.DataFrame({"order": order, "place": place, "row": np.arange(len(codes))})
    standing = frame[frame["place"] >= 0].groupby("order").agg(least=("place", "min"), most=("place", "max"), row=("row", "min"))
    shipped = _FURTHER.index("part_shipped")
    least = standing["least"].to_numpy()
    least = np.where((least < shipped) & (standing["most"].to_numpy() >= shipped), shipped, least)
    answer = np.full(len(codes), -1, dtype=np.int8)
    answer[standing["row"].to_numpy()] = np.array([CODE_OF[word] for word in _FURTHER], dtype=np.int8)[least]
    return answer


def _earliest(one: Statements, order: Rows) -> Statements:
    frame = pd.DataFrame(
        {"order": order[one.row], "vague": one.occurred_from != one.occurred_to, "start": one.occurred_from, "at": np.arange(len(one.row))}
    )
    first = frame.sort_values(["order", "vague", "start"], kind="stable").drop_duplicates("order")["at"].to_numpy()
    return Statements(one.row[first], one.type[first], one.part[first], one.occurred_from[first], one.occurred_to[first])


def _whole_or_parts(
    one: Statements, order: Rows, *, whole: npt.NDArray[np.bool_], part: npt.NDArray[np.object_], partly: str
) -> list[Statements]:
    mine = whole[order[one.row]]
    found = [_latest(one.only(mine), order)] if mine.any() else []
    if partly and not mine.all():
        rest = one.only(~mine)
        found.append(stated(rest.row, partly, rest.occurred_from, rest.occurred_to, part=part[rest.row]))
    return found


def _latest(one: Statements, order: Rows) -> Statements:
    """State an event at the last of its rows' times; open-ended where any of them is."""
    end: Micros = np.where(one.occurred_to == NEVER, _LATER_THAN_ALL, one.occurred_to)
    frame = pd.DataFrame({"order": order[one.row], "row": one.row, "start": one.occurred_from, "end": end})
    last = frame.groupby("order").agg(row=("row", "first"), start=("start", "max"), end=("end", "max"))
    to = last["end"].to_numpy()
    return stated(last["row"].to_numpy(), str(one.type[0]), last["start"].to_numpy(), np.where(to == _LATER_THAN_ALL, NEVER, to))


def _last_order_begins(chunk: Chunk, *, column: str) -> int:
    """Find the first of the last rows that name one order; the end where there is nothing to keep together."""
    if chunk.frame is None or column not in chunk.frame or not len(chunk.frame):
        return len(chunk.row_number)
    numbers = as_texts(chunk.frame[column])
    other = pc.fill_null(pc.not_equal(numbers, numbers[len(numbers) - 1]), True)
    places = np.flatnonzero(other.to_numpy(zero_copy_only=False))
    return int(places[-1]) + 1 if len(places) else 0


def _after(held: Chunk, chunk: Chunk) -> Chunk:
    if not len(held.row_number):
        return chunk
    frame = pd.concat([held.frame, chunk.frame], ignore_index=True)
    return Chunk(np.concatenate([held.row_number, chunk.row_number]), frame=frame, refused=chunk.refused)


def _slice(chunk: Chunk, start: int, end: int, *, refused: Sequence[Finding] = ()) -> Chunk:
    frame = chunk.frame.iloc[start:end].reset_index(drop=True) if chunk.frame is not None else None
    records = chunk.records[start:end] if chunk.records is not None else None
    return Chunk(chunk.row_number[start:end], frame=frame, records=records, refused=refused)
