"""How much does each row of a statement move, which way, and what is it made of?

The sign comes from the type or the direction; a cell's own sign counts only where the statement has neither.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from data.connectors import amounts
from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Terms
from data.connectors.manifest_entries import Check, Direction, Part, StatementRows
from data.connectors.manifest_parts import plain_word
from data.connectors.texts import Mask, by_unique, filled, mask_of

Minor = npt.NDArray[np.int64]
IN, OUT, UNSAID = 1, -1, 0


@dataclass(frozen=True)
class PartAmounts:
    """One part over all rows: what it moves, and in which rows it counts."""

    part: Part
    minor: Minor
    counts: Mask


@dataclass(frozen=True)
class RowAmounts:
    """What every row moves (``net``), what of it is the main line's, and its further parts."""

    net: Minor
    main: Minor
    main_type: npt.NDArray[np.object_]
    others: tuple[PartAmounts, ...]
    unexplained: Minor


class AmountReader:
    """Reads the amounts of one chunk's rows; faults are noted under the column that shows them."""

    def __init__(self, entry: StatementRows, columns: Columns, faults: Faults, terms: Terms) -> None:
        self.entry = entry
        self.columns = columns
        self.faults = faults
        self.terms = terms
        self._read: dict[tuple[str, ...], tuple[Minor, Mask]] = {}

    def cells(self, names: tuple[str, ...]) -> tuple[Minor, Mask]:
        """Give a column's amounts as their cells are signed (0 where there is none), and where there is one."""
        if names not in self._read:
            texts = self.columns.first_of(names)
            parsed = amounts.signed_money(texts, decimals=self.terms.decimals)
            values = self.faults.take(parsed, column=self.columns.named(names), texts=texts)
            there = filled(values)
            self._read[names] = (np.asarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False), dtype=np.int64), there)
        return self._read[names]

    def rows(self) -> RowAmounts:
        """Read everything; a row without an amount, or whose sums do not add up, is a fault."""
        self._direction = self._directions(self.entry.amount.direction)
        net, there = self._stated()
        for check in self.entry.checks:
            self._check(check)
        if not self.entry.parts:
            self._note_missing(~there, self._stated_columns())
            return self._whole(net)
        return self._split(net, there)

    def _stated_columns(self) -> tuple[str, ...]:
        spec = self.entry.amount
        return spec.sources or spec.plus or spec.minus

    def _stated(self) -> tuple[Minor, Mask]:
        spec = self.entry.amount
        if spec.sources:
            cell, there = self.cells(spec.sources)
            return np.where(self._direction == UNSAID, cell, self._direction * np.abs(cell)), there
        came, has_come = self.cells(spec.plus) if spec.plus else self._nothing()
        went, has_gone = self.cells(spec.minus) if spec.minus else self._nothing()
        if spec.plus:
            self.faults.add("negative", came < 0, column=self.columns.named(spec.plus), texts=self.columns.first_of(spec.plus))
        return came - np.abs(went), has_come | has_gone

    def _nothing(self) -> tuple[Minor, Mask]:
        return np.zeros(self.columns.rows, dtype=np.int64), np.zeros(self.columns.rows, dtype=bool)

    def _directions(self, spec: Direction | None) -> Minor:
        if spec is None:
            return np.full(self.columns.rows, UNSAID, dtype=np.int64)
        came, went = ({plain_word(word) for word in words} for words in (spec.in_, spec.out))
        texts = self.columns.first_of(spec.sources)
        said = by_unique(texts, lambda word: "in" if plain_word(word) in came else "out" if plain_word(word) in went else None)
        direction = np.where(mask_of(pc.equal(said, "in")), IN, np.where(mask_of(pc.equal(said, "out")), OUT, UNSAID)).astype(np.int64)
        if spec.else_ == "refuse":
            column = self.columns.named(spec.sources)
            self.faults.add("unknown_direction", filled(texts) & (direction == UNSAID), column=column, texts=texts)
            self._note_missing(~filled(texts), spec.sources)
        return direction

    def _note_missing(self, gone: Mask, names: tuple[str, ...]) -> None:
        self.faults.add("missing", gone, column=self.columns.named(names))

    def _whole(self, net: Minor) -> RowAmounts:
        none = np.full(self.columns.rows, "", dtype=object)
        return RowAmounts(net, net, none, (), np.zeros(self.columns.rows, dtype=np.int64))

    def _split(self, net: Minor, there: Mask) -> RowAmounts:
        stated = bool(self._stated_columns())
        if stated:
            self._note_missing(~there, self._stated_columns())
        parts = [self._part(part) for part in self.entry.parts if not part.rest]
        total = np.sum([np.where(each.counts, each.minor, 0) for each in parts], axis=0) if parts else np.zeros_like(net)
        split = np.logical_or.reduce([each.counts for each in parts]) if parts else np.zeros(len(net), dtype=bool)
        if not stated:
            self._note_missing(~split, parts[0].part.sources)
            net = total
        left = np.where(split, net - total, 0)
        rests = [part for part in self.entry.parts if part.rest]
        for part in rests[:1]:
            met = self._met(part)
            parts.append(PartAmounts(part, np.where(met, left, 0), met & split))
            left = np.where(met, 0, left)
        if self.entry.unexplained == "refuse":
            column = self.columns.named(self._stated_columns())
            self.faults.add("does_not_add_up", left != 0, column=column, texts=self.columns.first_of(self._stated_columns()))
        return _with_main(net, parts, split=split, left=left, in_order=self.entry.parts)

    def _part(self, part: Part) -> PartAmounts:
        cell, there = self.cells(part.sources)
        size = np.abs(cell)
        signed = {
            "cell": cell,
            "plus": size,
            "minus": -size,
            "with": np.where(self._direction == UNSAID, cell, self._direction * size),
            "against": np.where(self._direction == UNSAID, cell, -self._direction * size),
        }[part.sign]
        return PartAmounts(part, signed, there & self._met(part))

    def _met(self, part: Part) -> Mask:
        return self.columns.meets(part.when) if part.when else np.ones(self.columns.rows, dtype=bool)

    def _check(self, check: Check) -> None:
        total, there = self.cells(check.total)
        plus = np.sum([self.cells((name,))[0] for name in check.plus], axis=0)
        either = np.sum([self.cells((name,))[0] for name in check.either], axis=0) if check.either else np.zeros_like(total)
        wrong = there & (total != plus + either) & (total != plus - either)
        if check.when:
            wrong &= self.columns.meets(check.when)
        self.faults.add("does_not_add_up", wrong, column=self.columns.named(check.total), texts=self.columns.first_of(check.total))


def _with_main(net: Minor, parts: list[PartAmounts], *, split: Mask, left: Minor, in_order: tuple[Part, ...]) -> RowAmounts:
    """Take, row by row, the first part that counts as the main line; a row without parts is one line of its whole amount."""
    place = {id(part): number for number, part in enumerate(in_order)}
    parts = sorted(parts, key=lambda each: place[id(each.part)])
    main, main_type = net.copy(), np.full(len(net), "", dtype=object)
    open_ = split.copy()
    others = []
    for each in parts:
        first = open_ & each.counts
        main = np.where(first, each.minor, main)
        main_type[first] = each.part.type
        open_ &= ~first
        others.append(PartAmounts(each.part, each.minor, each.counts & ~first & (each.minor != 0)))
    return RowAmounts(net, main, main_type, tuple(others), left)
