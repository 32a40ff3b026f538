"""Makes questionnaires of any size, whose questions hang on each other: within a group, and on the group before."""

from __future__ import annotations

from collections.abc import Iterator

GROUP = 10
EXPRESSIONS_A_QUESTION = 2

_SURVEY = "| | type | name | label | relevant | constraint | calculation |"
_CHOICES = """
| choices |
| | list_name | name | label |
| | yn | yes | Yes |
| | yn | no | No |
| | needs | a | Advice |
| | needs | b | Best practice |
| | needs | c | Courses |
"""


def sheet(questions: int) -> bytes:
    """Return an XLSForm of so many questions (a multiple of ten), each with two expressions."""
    rows = [row for number in range(questions // GROUP) for row in _group(number)]
    return "\n".join(["| survey |", _SURVEY, *(f"| | {' | '.join(row)} |" for row in rows), _CHOICES]).encode()


def _group(k: int) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a group: eight questions and two calculations, all with an expression more than their own."""
    before = f"${{sum{k - 1}}} >= 0 or ${{open{k - 1}}} = ''" if k else "true()"
    cares = f"${{cares{k}}} = 'yes'"
    yield "begin group", f"g{k}", f"Group {k}", "", "", ""
    yield "select_one yn", f"cares{k}", f"Does {k} matter?", before, ". != ''", ""
    yield "integer", f"staff{k}", f"Staff {k}?", cares, ". >= 1 and . <= 1000", ""
    yield "integer", f"sites{k}", f"Sites {k}?", f"{cares} and ${{staff{k}}} > 1", f". <= ${{staff{k}}}", ""
    yield "select_multiple needs", f"needs{k}", "Needs?", cares, "count-selected(.) <= 2", ""
    yield "text", f"open{k}", "What else?", f"{cares} and selected(${{needs{k}}}, 'a')", "string-length(.) < 200", ""
    yield "decimal", f"share{k}", "Share?", f"{cares} and ${{staff{k}}} != ''", ". >= 0 and . <= 100", ""
    yield "date", f"since{k}", "Since when?", f"${{share{k}}} > 10", ". <= today()", ""
    yield "text", f"name{k}", "Name?", f"{cares} and ${{share{k}}} * 2 > 4", "regex(., '[A-Za-z ]+')", ""
    total = f"coalesce(${{staff{k}}}, 0) + coalesce(${{sites{k}}}, 0)"
    yield "calculate", f"sum{k}", "", cares, "", total
    yield "calculate", f"rank{k}", "", f"${{sum{k}}} > 0", "", f"if(${{sum{k}}} > 50, 'large', 'small')"
    yield "end group", "", "", "", "", ""
