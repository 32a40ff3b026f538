"""Where the choices of a question come from: a list of the sheet, a csv file, or the answers to another question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from bot.errors import FormError
from bot.forms.blueprint import Row
from bot.forms.model import Choice, Problem
from bot.forms.xlsform.languages import texts_of
from bot.forms.xlsform.lists import read_csv
from bot.forms.xlsform.media import media_of
from bot.forms.xlsform.rows import Places

_OTHER_LABEL = MappingProxyType({"": "Other", "de": "Etwas anderes", "en": "Other"})
_SELECTS = ("select one", "select all that apply", "rank")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Choices that are always there; whether an expression works them out; that expression; what is wrong."""

    choices: tuple[Choice, ...] = ()
    filtered: bool = False
    nodes: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether there can be no such choices."""
        return any(problem.level == "error" for problem in self.problems)


class Itemsets:
    """The lists of one form; each is made once, however many questions use it."""

    def __init__(self, places: Places, *, files: Mapping[str, bytes]) -> None:
        self._places = places
        self._files = files
        self._lists: dict[int, tuple[Choice, ...]] = {}
        self._rows: dict[str, tuple[Row, ...] | None] = {}

    def of(self, element: Any, *, path: str) -> Found:
        """Return the choices of pyxform's element."""
        if str(element.type) not in _SELECTS:
            return Found()
        itemset = str(getattr(element, "itemset", None) or "")
        own = str(getattr(element, "choice_filter", None) or "").strip()
        shuffled = str((getattr(element, "parameters", None) or {}).get("randomize", "")).lower() == "true"
        computed = bool(own) or shuffled
        appearance = str((element.control or {}).get("appearance") or "")
        if "search(" in appearance:
            return self._refused(path, "search() in the appearance is known to one app alone", column="appearance",
                                 mend="Use select_one_from_file.")  # fmt: skip
        if itemset.startswith("${"):
            return Found(filtered=True, nodes=_within(itemset, own))
        if PurePath(itemset).suffix in (".csv", ".xml", ".geojson"):
            return self._from_file(element, itemset, own=own, path=path, computed=computed)
        nodes = _within(f"instance('{itemset}')/root/item", own) if computed else ""
        return Found(choices=self._choices(element, list_name=itemset), filtered=computed, nodes=nodes)

    def _from_file(self, element: Any, name: str, *, own: str, path: str, computed: bool) -> Found:
        if PurePath(name).suffix != ".csv":
            return self._refused(path, f"lists are read of csv files, not of {name}", mend="Save the list as .csv.")
        parameters = getattr(element, "parameters", None) or {}
        value, label = str(parameters.get("value") or "name"), str(parameters.get("label") or "label")
        rows = self._read(name)
        nodes = _within(f"instance('{PurePath(name).stem}')/root/item", own) if computed else ""
        if rows is None:
            return Found(filtered=True, nodes=nodes)  # that it is missing is said of the file
        if rows and not any(column == value for column, _ in rows[0]):
            return self._refused(path, f"the file {name} has no column {value}",
                                 mend="Name its column in parameters: value=… label=….")  # fmt: skip
        return Found(choices=tuple(_of_rows(rows, value=value, label=label)), filtered=computed, nodes=nodes)

    def _read(self, name: str) -> tuple[Row, ...] | None:
        if name not in self._rows:
            data = self._files.get(PurePath(name).stem)
            try:
                self._rows[name] = read_csv(data) if data is not None else None
            except FormError:
                self._rows[name] = None
        return self._rows[name]

    def _choices(self, element: Any, *, list_name: str) -> tuple[Choice, ...]:
        itemset = getattr(element, "choices", None)
        options = getattr(itemset, "options", None)
        if options is None:
            return ()
        known = self._lists.get(id(itemset))
        if known is None:
            known = self._lists[id(itemset)] = tuple(self._made(options, list_name=list_name))
        return known

    def _made(self, options: Any, *, list_name: str) -> Iterator[Choice]:
        for option in options:
            name = str(option.name)
            generated = name == "other" and (list_name, name) not in self._places.choices
            label = _OTHER_LABEL if generated else texts_of(option.label)
            yield Choice(name=name, label=label, media=media_of(option.media))

    def _refused(self, path: str, what: str, *, column: str = "type", mend: str) -> Found:
        places = self._places
        problem = Problem(
            level="error", what=what, mend=mend, sheet="survey", row=places.row(path),
            column=places.header(path, column),
        )  # fmt: skip
        return Found(problems=(problem,))


def _within(nodes: str, condition: str) -> str:
    return f"{nodes}[{condition}]" if condition else nodes


def _of_rows(rows: tuple[Row, ...], *, value: str, label: str) -> Iterator[Choice]:
    for row in rows:
        cells = dict(row)
        if cells.get(value):
            yield Choice(name=cells[value], label=_labels(cells, label))


def _labels(cells: Mapping[str, str], label: str) -> Mapping[str, str]:
    """Return the label of a row; columns such as `label::Deutsch (de)` are its translations."""
    plain = {"": cells[label]} if cells.get(label) else {}
    named = {
        header.partition("::")[2]: text for header, text in cells.items() if header.startswith(f"{label}::") and text
    }
    return texts_of({**plain, **named})
