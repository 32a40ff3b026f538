"""One row a response, repeats included: numbered columns for each instance that there is anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from bot.domain.desk import ReportedResponse
from bot.files.columns import free_name
from bot.files.table import NOT_ASKED, Cell, RepeatTable, Table, Tree, shown

_Place = tuple[int, ...]


class WideTable:
    """A table whose repeats became columns: `town_1`, `town_2`; of a repeat in a repeat `bed_2_1`.

    Args:
        table: the table without its repeats.
        widths: the most instances that any response has in one place, by the repeat's name.
    """

    def __init__(self, table: Table, widths: Mapping[str, int]) -> None:
        self._table = table
        self._named: dict[tuple[str, _Place, str], str] = {}
        taken = set(table.names)
        by_name = {repeat.name: repeat for repeat in table.repeats}
        for repeat in table.repeats:
            for place in product(*(range(1, widths.get(name, 0) + 1) for name in _line(repeat, by_name))):
                number = "_".join(map(str, place))
                for column in repeat.columns:
                    name = free_name(f"{column.name}_{number}", taken, root=repeat.name)
                    self._named[repeat.name, place, column.name] = name
        self.names = (*table.names, *self._named.values())

    def row(self, response: ReportedResponse) -> dict[str, Cell]:
        """Return the cells of a response by column name; None where there is nothing."""
        cells = self._table.row(response)
        nothing = NOT_ASKED if self._table.manner.missing else None
        cells.update(dict.fromkeys(self._named.values(), nothing))
        tree = Tree(response)
        found = {repeat.source.get(response.version): repeat for repeat in self._table.repeats}
        for instance in tree.in_order():
            repeat = found.get(instance.path)
            for name, cell in repeat.cells(response.version, instance).items() if repeat is not None else ():
                assert repeat is not None
                cells[self._named[repeat.name, tree.place(instance), name]] = cell
        return cells


def _line(repeat: RepeatTable, by_name: Mapping[str, RepeatTable]) -> list[str]:
    """Return the names of the repeats around this one and its own, outermost first."""
    above = by_name.get(repeat.parent)
    return [*([] if above is None else _line(above, by_name)), repeat.name]


def told(table: Table, response: ReportedResponse) -> list[tuple[str, str]]:
    """Return the cells of one response that hold something as texts for people, those of repeats with their numbers."""
    lines = shown(table.plain_names, table.row(response))
    tree = Tree(response)
    for repeat in table.repeats:
        for instance in tree.in_order():
            if instance.path == repeat.source.get(response.version):
                number = "_".join(map(str, tree.place(instance)))
                cells = repeat.plain(response.version, instance)
                lines += [(f"{name}_{number}", text) for name, text in shown(list(cells), cells)]
    return lines
