"""Makes random questionnaires that are valid XLSForms: of any feature that is switched on, in two languages."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

FEATURES = frozenset(
    {
        "text", "integer", "decimal", "date", "select_one", "select_multiple", "acknowledge", "note", "calculate",
        "group", "nested", "relevant", "ahead", "required", "constraint", "default", "dynamic_default", "piping",
        "once", "time", "datetime", "range", "rank", "barcode", "geopoint", "hidden", "repeat", "counted", "cascade",
        "or_other", "randomize", "trigger", "readonly", "field_list", "random", "image",
    }
)  # fmt: skip

COLUMNS = (
    "type", "name", "label::Deutsch (de)", "label::English (en)", "hint::Deutsch (de)", "hint::English (en)",
    "required", "relevant", "constraint", "constraint_message::Deutsch (de)", "constraint_message::English (en)",
    "calculation", "default", "choice_filter", "repeat_count", "trigger", "readonly", "appearance", "parameters",
)  # fmt: skip
ASKED = (
    "text", "integer", "decimal", "date", "select_one", "select_multiple", "acknowledge", "time", "datetime", "range",
    "rank", "barcode", "geopoint", "image",
)  # fmt: skip
WORDS: dict[str, tuple[str, ...]] = {
    "text": ("Ada", "ein ganzer Satz.", "x", "1", "ja", "a b c d e f g h i j", "🙂 ü"),
    "barcode": ("4006381333931", "X-1"),
    "integer": ("3", "0", "1", "12", "7", "250", "-2"),
    "range": ("3", "1", "10"),
    "decimal": ("2,5", "0", "100", "-1,25", "3"),
    "date": ("31.01.2026", "2024-02-29", "1.1.1999", "2099-12-24"),
    "time": ("10:30", "23:59"),
    "datetime": ("31.01.2026 10:30", "2024-02-29 00:00"),
    "geopoint": ("51.62 7.63", "-33.9 18.4"),
    "select_one": ("1", "2", "3", "Wahl a", "Choice b"),
    "select_multiple": ("1", "1, 2", "2 und 3", "3", "1-3", "Wahl a"),
    "rank": ("1 2 3", "3, 1, 2"),
    "acknowledge": ("1", "ok", "ja", "yes"),
    "image": (),
}
"""What a person can type, by the type that is asked; the numbers of choices come first."""

_HANGING = frozenset({"relevant", "constraint", "default", "choice_filter", "calculation", "trigger"})


@dataclass(slots=True)
class Asked:
    """A question as expressions may speak of it. `plain`: nothing decides whether it is asked."""

    name: str
    type: str
    repeat: str = ""
    plain: bool = False


@dataclass(slots=True)
class StrangeForm:
    """A form: its source, and what type each question has."""

    source: str
    types: dict[str, str] = field(default_factory=dict)


def strange_form(rnd: random.Random, *, features: frozenset[str] = FEATURES, size: int = 9) -> StrangeForm:
    """Return a random form of about so many questions."""
    return _Author(rnd, features=features, size=size).form()


class _Author:
    def __init__(self, rnd: random.Random, *, features: frozenset[str], size: int) -> None:
        self._rnd = rnd
        self._features = features
        self._left = rnd.randrange(2, size + 1)
        self._rows: list[dict[str, str]] = []
        self._known: list[Asked] = []
        self._number = 0
        self._conditions = 0  # groups around with a relevance of their own

    def form(self) -> StrangeForm:
        while self._left > 0 or not any(asked.type in ASKED for asked in self._known):
            self._something(depth=0, repeat="")
        self._look_ahead()
        lines = ["| survey |", f"| | {' | '.join(COLUMNS)} |"]
        lines += [f"| | {' | '.join(row.get(column, '') for column in COLUMNS)} |" for row in self._rows]
        lines += ["", "| choices |", "| | list_name | name | label::Deutsch (de) | label::English (en) | kind |"]
        lines += [
            f"| | l | {name} | Wahl {name} | Choice {name} | {kind} |"
            for name, kind in zip("abcd", "xxyy", strict=True)
        ]
        lines += ["", "| settings |", "| | form_id | default_language |", "| | strange | Deutsch (de) |", ""]
        return StrangeForm("\n".join(lines), {asked.name: asked.type for asked in self._known})

    # --- rows --------------------------------------------------------------------------------------------------------

    def _something(self, *, depth: int, repeat: str) -> None:
        """Write a group, a repeat or a question."""
        chance = self._rnd.random()
        if chance < 0.18 and "group" in self._features and (depth == 0 or (depth < 3 and "nested" in self._features)):
            self._section("group", depth=depth, repeat=repeat)
        elif chance < 0.3 and "repeat" in self._features and depth < 2:
            self._section("repeat", depth=depth, repeat=repeat)
        else:
            self._question(repeat=repeat)

    def _section(self, sort: str, *, depth: int, repeat: str) -> None:
        name = self._name("g" if sort == "group" else "r")
        row = {"type": f"begin {sort}", "name": name, **self._labels(f"Teil {name}", f"Part {name}")}
        if self._maybe("relevant", 0.4):
            row["relevant"] = self._truth(repeat)
        if sort == "repeat" and self._maybe("counted", 0.5):
            row["repeat_count"] = self._rnd.choice(["2", self._number_in(repeat)])
        if sort == "group" and self._maybe("field_list", 0.3):
            row["appearance"] = "field-list"
        self._rows.append(row)
        self._conditions += "relevant" in row
        for _ in range(self._rnd.randrange(1, 4)):
            self._something(depth=depth + 1, repeat=name if sort == "repeat" else repeat)
        self._conditions -= "relevant" in row
        self._rows.append({"type": f"end {sort}"})

    def _question(self, *, repeat: str) -> None:
        self._left -= 1
        silent = [kind for kind in ("note", "calculate", "hidden") if kind in self._features]
        asked = [kind for kind in ASKED if kind in self._features]
        kind = self._rnd.choice(silent) if silent and self._rnd.random() < 0.25 else self._rnd.choice(asked)
        name = self._name("q")
        row = {"type": kind, "name": name, **self._labels(f"Frage [{name}]", f"Question [{name}]")}
        if kind in ("select_one", "select_multiple", "rank"):
            row["type"] = f"{kind} l" + (" or_other" if kind != "rank" and self._maybe("or_other", 0.2) else "")
            if "or_other" not in row["type"] and self._maybe("cascade", 0.3):
                row["choice_filter"] = f"kind = 'x' or {self._truth(repeat)}"
            if "or_other" not in row["type"] and self._maybe("randomize", 0.2):
                row["parameters"] = self._rnd.choice(["randomize=true, seed=7", "randomize=true"])
        if kind == "note":
            row.update(self._labels(f"Hinweis zu {name}: {self._piped(repeat)}", f"Note on {name}."))
        elif kind == "calculate":
            row["calculation"] = self._calculation(repeat)
        elif kind != "hidden":
            self._more(row, kind=kind, repeat=repeat)
        if self._maybe("relevant", 0.35):
            row["relevant"] = self._truth(repeat)
        self._rows.append(row)
        plain = not repeat and not self._conditions and kind in ASKED and not _HANGING.intersection(row)
        self._known.append(Asked(name, kind, repeat, plain=plain))

    def _more(self, row: dict[str, str], *, kind: str, repeat: str) -> None:
        """Give an asked question what only such a one has."""
        if self._maybe("piping", 0.2):
            row["hint::Deutsch (de)"] = f"Zu {self._piped(repeat)}?"
        if self._maybe("required", 0.4):
            row["required"] = self._rnd.choice(["yes", self._truth(repeat)])
        if self._maybe("constraint", 0.35):
            row["constraint"] = self._constraint(kind, repeat)
            if self._rnd.random() < 0.5:
                row["constraint_message::Deutsch (de)"] = "Das passt nicht."
                row["constraint_message::English (en)"] = "That does not fit."
        standing = {"integer": "3", "text": "etwas", "decimal": "2.5", "date": "2026-01-31", "select_one": "b"}.get(
            kind
        )
        if standing and self._maybe("default", 0.15):
            row["default"] = standing
        elif kind in ("integer", "text") and self._maybe("dynamic_default", 0.15):
            row["default"] = f"string-length({self._text_in(repeat)}) + 1"
        if kind == "date" and self._maybe("dynamic_default", 0.2):
            row["default"] = "today()"
        pulling = [asked.name for asked in self._known if asked.type in ASKED]
        if kind == "text" and pulling and self._maybe("trigger", 0.2):
            row["trigger"] = f"${{{self._rnd.choice(pulling)}}}"
            row["calculation"] = self._text_in(repeat)
        if any(asked.type in ASKED for asked in self._known) and self._maybe("readonly", 0.05):
            row["readonly"] = self._rnd.choice(["yes", self._truth(repeat)])

    def _look_ahead(self) -> None:
        """Let some questions hang on a later one that hangs on nothing itself."""
        places = {row.get("name", ""): place for place, row in enumerate(self._rows)}
        for row in self._rows:
            later = [
                asked
                for asked in self._known
                if asked.plain and places[asked.name] > places.get(row.get("name", ""), 9999)
            ]
            if (
                later
                and not row["type"].startswith(("end", "begin"))
                and "relevant" not in row
                and self._maybe("ahead", 0.1)
            ):
                self._known = [asked for asked in self._known if asked.name != row["name"] or not asked.plain] + [
                    Asked(asked.name, asked.type) for asked in self._known if asked.name == row["name"] and asked.plain
                ]
                row["relevant"] = self._about(self._rnd.choice(later))

    # --- expressions -------------------------------------------------------------------------------------------------

    def _truth(self, repeat: str) -> str:
        """Return a condition on what was asked before."""
        known = self._seen_from(repeat)
        rnd = self._rnd
        if not known or rnd.random() < 0.05:
            return rnd.choice(["true()", "1 = 1", "string-length('a') = 1"])
        made: list[Callable[[], str]] = [lambda: self._about(rnd.choice(known))] * 4
        made.append(lambda: f"not({self._about(rnd.choice(known))})")
        made.append(
            lambda: f"({self._about(rnd.choice(known))} {rnd.choice(['and', 'or'])} {self._about(rnd.choice(known))})"
        )
        inside = [asked for asked in self._known if asked.repeat and asked.repeat != repeat]
        if inside:
            made.append(lambda: f"count(${{{rnd.choice(inside).repeat}}}) > 1")
        return rnd.choice(made)()

    def _about(self, asked: Asked) -> str:
        name, rnd = f"${{{asked.name}}}", self._rnd
        match asked.type:
            case "integer" | "decimal" | "range":
                return f"{name} {rnd.choice(['>', '<', '=', '!='])} {rnd.choice(['0', '2.5', '7'])}"
            case "select_one":
                return f"{name} {rnd.choice(['=', '!='])} '{rnd.choice('ab')}'"
            case "select_multiple" | "rank":
                return rnd.choice([f"selected({name}, 'b')", f"count-selected({name}) > 1"])
            case "date":
                return f"{name} {rnd.choice(['<=', '>'])} today()"
            case "acknowledge":
                return f"{name} = 'OK'"
            case _:
                return rnd.choice([f"string-length({name}) > 2", f"{name} != ''", f"{name} = ''"])

    def _constraint(self, kind: str, repeat: str) -> str:
        rnd = self._rnd
        match kind:
            case "integer" | "decimal" | "range":
                return rnd.choice(
                    [
                        ". > 0",
                        ". >= 0 and . <= 100",
                        f". != {self._number_in(repeat)}",
                        f". <= {self._number_in(repeat)} + 5",
                    ]
                )
            case "select_multiple":
                return rnd.choice(["count-selected(.) <= 2", "not(selected(., 'c')) or count-selected(.) = 1"])
            case "date":
                return rnd.choice([". <= today()", ". > '2000-01-01'"])
            case "text" | "barcode":
                return rnd.choice(["string-length(.) < 10", "regex(., '[A-Za-z].*')", f". != {self._text_in(repeat)}"])
            case _:
                return ". != ''"

    def _calculation(self, repeat: str) -> str:
        rnd = self._rnd
        made = [
            f"{self._number_in(repeat)} * 2 + 1", f"concat({self._text_in(repeat)}, '-')",
            f"if({self._truth(repeat)}, 'yes', 'no')", f"coalesce({self._text_in(repeat)}, 'none')",
            f"string-length({self._text_in(repeat)})",
        ]  # fmt: skip
        if self._maybe("once", 0.3):
            made.append(f"once({self._text_in(repeat)})")
        if self._maybe("random", 0.3):
            made += ["once(random())", f"int(random() * 9) + {self._number_in(repeat)}", "once(uuid())"]
        return rnd.choice(made)

    def _number_in(self, repeat: str) -> str:
        known = [asked.name for asked in self._seen_from(repeat) if asked.type in ("integer", "range")]
        return f"${{{self._rnd.choice(known)}}}" if known else self._rnd.choice(["1", "3"])

    def _text_in(self, repeat: str) -> str:
        known = self._seen_from(repeat)
        return f"${{{self._rnd.choice(known).name}}}" if known else "'so'"

    def _piped(self, repeat: str) -> str:
        known = self._seen_from(repeat)
        return f"${{{self._rnd.choice(known).name}}}" if known and "piping" in self._features else "allem"

    def _seen_from(self, repeat: str) -> list[Asked]:
        """Return what has a value that one may speak of from there: outside repeats, or in the same one."""
        silent = ("note",)
        return [asked for asked in self._known if asked.repeat in ("", repeat) and asked.type not in silent]

    # --- small things ------------------------------------------------------------------------------------------------

    def _maybe(self, feature: str, chance: float) -> bool:
        return feature in self._features and self._rnd.random() < chance

    def _name(self, letter: str) -> str:
        self._number += 1
        return f"{letter}{self._number}"

    @staticmethod
    def _labels(german: str, english: str) -> dict[str, str]:
        return {"label::Deutsch (de)": german, "label::English (en)": english}
