"""A form while it is answered: what follows from an answer, and that hostile forms end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.errors import FormError, UsageError
from bot.forms.blueprint import Blueprint
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.values import Item
from bot.forms.program import build
from bot.forms.simulation import Simulation
from bot.forms.source import blueprint_of_source
from bot.forms.state import MAX_INSTANCES, State
from bot.forms.xlsform.lists import read_csv
from tests.unit.forms.making import BERLIN, table

NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)


def blueprint(*rows: str) -> Blueprint:
    return blueprint_of_source(table("survey", *rows), file_name="f.md")


def played(*rows: str, language: str = "") -> Simulation:
    program, findings = build(blueprint(*rows))
    assert not findings.faults
    return Simulation(program, now=NOW, zone=BERLIN, language=language)


def value(simulation: Simulation, path: str) -> object:
    return simulation.nodes[f"/data/{path}"]["value"]


def answer(simulation: Simulation, path: str, given: object) -> dict[str, object]:
    said = simulation.do({"set": f"/data/{path}", "value": given})
    changed = said["changed"]
    assert isinstance(changed, dict)
    return changed


REPEAT = (
    "type | name | label | calculation | repeat_count",
    "begin repeat | r | R | |",
    "integer | n | N | |",
    "calculate | sum | | ${n} + 1 |",
    "end repeat | | | |",
    "calculate | all | | sum(${n}) |",
    "calculate | how | | count(${r}) |",
)


def test_an_answer_changes_only_what_hangs_on_it() -> None:
    simulation = played(*REPEAT)
    simulation.do({"add": "/data/r"})
    assert set(answer(simulation, "r[2]/n", "5")) == {"/data/r[2]/n", "/data/r[2]/sum"}
    assert set(answer(simulation, "r[1]/n", "2")) == {"/data/r[1]/n", "/data/r[1]/sum", "/data/all"}
    assert value(simulation, "all") == "7"


def test_only_the_instance_concerned_is_worked_out_again() -> None:
    program, _ = build(blueprint(*REPEAT))
    state = State.opened(program, now=NOW, zone=BERLIN)
    spec = program.shape.by_path["r"]
    instances = [state.top.ranges["r"][0], *(state.add(spec, state.top) for _ in range(4))]
    worked: list[int] = []
    step = program.step_of["r/sum"]
    run = step.calculation
    assert run is not None

    def noted(frame: Frame) -> Item:
        worked.append(frame.instance.index)
        return run(frame)

    step.calculation = noted
    state.put(program.shape.by_path["r/n"], instances[3], 5)
    assert worked == [3]


def test_an_instance_taken_away_is_gone_from_sums_and_paths() -> None:
    simulation = played(*REPEAT)
    simulation.do({"add": "/data/r"})
    answer(simulation, "r[1]/n", "1")
    answer(simulation, "r[2]/n", "2")
    said = simulation.do({"remove": "/data/r[1]"})
    assert said["gone"] == ["/data/r[2]", "/data/r[2]/n", "/data/r[2]/sum"]
    assert (value(simulation, "r[1]/n"), value(simulation, "all"), value(simulation, "how")) == ("2", "2", "1")


def test_a_calculated_number_of_instances_grows_and_shrinks_and_keeps_what_is_left() -> None:
    simulation = played(
        "type | name | label | repeat_count", "integer | n | N | ", "begin repeat | r | R | ${n}", "text | t | T | ",
        "end repeat | | | ",
    )  # fmt: skip
    answer(simulation, "n", "2")
    answer(simulation, "r[1]/t", "kept")
    answer(simulation, "n", "1")
    assert "/data/r[2]" not in simulation.nodes and value(simulation, "r[1]/t") == "kept"
    answer(simulation, "n", "")
    assert "/data/r[1]" in simulation.nodes, "no number is no change"
    answer(simulation, "n", "-3")
    assert "/data/r[1]" not in simulation.nodes
    with pytest.raises(FormError, match="calculated"):
        simulation.do({"add": "/data/r"})


def test_an_answer_whose_choice_disappears_reads_as_empty_and_returns_with_it() -> None:
    simulation = played(
        "type | name | label | choice_filter | calculation", "text | c | C | |", "select_one l | q | Q | c = ${c} |",
        "calculate | copy | | | concat('<', ${q}, '>')", "choices", "list_name | name | label | c",
        "l | a | A | 1", "l | b | B | 2",
    )  # fmt: skip
    answer(simulation, "c", "1")
    answer(simulation, "q", "a")
    answer(simulation, "c", "2")
    assert (value(simulation, "q"), value(simulation, "copy")) == ("", "<>")
    answer(simulation, "q", "a")
    assert value(simulation, "q") == "", "what is no choice now is no answer"
    answer(simulation, "c", "1")
    assert value(simulation, "q") == ""


def test_a_calculation_gives_way_to_an_answer_until_its_result_changes() -> None:
    simulation = played("type | name | label | calculation", "integer | n | N | ", "integer | m | M | ${n} * 2")
    answer(simulation, "n", "1")
    answer(simulation, "m", "99")
    assert value(simulation, "m") == "99"
    answer(simulation, "n", "1.0")
    assert value(simulation, "m") == "99"
    answer(simulation, "n", "2")
    assert value(simulation, "m") == "4"


def test_what_is_read_only_cannot_be_answered() -> None:
    simulation = played(
        "type | name | label | readonly", "text | a | A | ", "begin group | g | G | ${a} = 'x'", "text | b | B | ",
        "end group | | | ",
    )  # fmt: skip
    answer(simulation, "g/b", "one")
    answer(simulation, "a", "x")
    with pytest.raises(FormError, match="read-only"):
        answer(simulation, "g/b", "two")


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"set": "/data/nobody", "value": "x"}, "nothing at"),
        ({"set": "/data/r[9]/n", "value": "x"}, "nothing at"),
        ({"set": "/data/r[1]", "value": "x"}, "no question"),
        ({"set": "/data/r[1]/[", "value": "x"}, "nothing at"),
        ({"add": "/data/all"}, "no repeat"),
        ({"remove": "/data/all"}, "no instance"),
        ({"language": "Klingon"}, "asks for"),
        ({"open": "it"}, "asks for"),
    ],
)
def test_lines_that_ask_for_nothing_known_are_refused(asked: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        played(*REPEAT).do(asked)


@pytest.mark.parametrize(
    ("type_", "given", "kept"),
    [
        ("integer", "3.9", "3"), ("integer", "3000000000", ""), ("integer", "x", ""), ("integer", "2026-01-01", ""),
        ("decimal", "2", "2.0"), ("decimal", "1e3", "1000.0"), ("decimal", "Infinity", ""),
        ("date", "2026-02-30", ""), ("date", "2026-02-03", "2026-02-03"), ("date", "2026-02-03T10:00:00Z", ""),
        ("time", "10:11:12", "10:11:12"), ("time", "25:00:00", ""), ("time", "10", ""),
        ("dateTime", "2026-01-01T10:00:00+01:00", "2026-01-01T10:00:00+01:00"), ("dateTime", "2026-01-01", ""),
        ("dateTime", "2026-13-01T10:00:00", ""),
        ("geopoint", "51.6 7.6", "51.6 7.6"), ("geopoint", "51 7 10 5", "51.0 7.0 10.0 5.0"), ("geopoint", "99 7", ""),
        ("geopoint", "51", ""), ("geopoint", "a b", ""),
        ("geotrace", "1 1; 2 2", "1.0 1.0;2.0 2.0"), ("geotrace", "1 1", ""), ("geotrace", "", ""),
        ("geoshape", "1 1; 2 2; 2 1; 1 1;", "1.0 1.0;2.0 2.0;2.0 1.0;1.0 1.0"), ("geoshape", "1 1; 2 2; 2 1", ""),
        ("acknowledge", "OK", "OK"), ("acknowledge", "no", ""),
        ("range", "7", "7"), ("range", "11", ""), ("range", "", ""),
        ("text", " as it is ", " as it is "),
    ],
)  # fmt: skip
def test_a_value_is_kept_as_its_type_allows(type_: str, given: str, kept: str) -> None:
    simulation = played("type | name | label", f"{type_} | q | Q")
    answer(simulation, "q", given)
    assert value(simulation, "q") == kept


def test_a_ranking_takes_all_choices() -> None:
    simulation = played(
        "type | name | label", "rank l | q | Q", "choices", "list_name | name | label", "l | a | A", "l | b | B"
    )
    with pytest.raises(FormError, match="all choices"):
        answer(simulation, "q", ["a"])
    answer(simulation, "q", ["b", "a"])
    assert value(simulation, "q") == "b a"


def test_another_language_changes_labels_and_what_is_made_of_them() -> None:
    simulation = played(
        "type | name | label::English (en) | label::Deutsch (de) | calculation", "select_one l | q | Q | F |",
        "calculate | c | | | jr:choice-name(${q}, '${q}')", "choices",
        "list_name | name | label::English (en) | label::Deutsch (de)", "l | a | Apple | Apfel",
        language="English (en)",
    )  # fmt: skip
    answer(simulation, "q", "a")
    assert value(simulation, "c") == "Apple"
    changed = simulation.do({"language": "Deutsch (de)"})["changed"]
    assert (changed["/data/q"]["label"], changed["/data/c"]["value"]) == ("F", "Apfel")
    with pytest.raises(UsageError, match="no language fr"):
        played("type | name | label", "text | a | A", language="fr")


def test_what_a_device_fills_in() -> None:
    simulation = played("type | name | label", "start | s | ", "today | t | ", "deviceid | d | ", "text | a | A")
    assert value(simulation, "t") == "2026-01-31"
    assert value(simulation, "s") == "2026-01-31T12:00:00.000+01:00"
    assert value(simulation, "d") == ""


@pytest.mark.parametrize("count", ["99999999", "1 div 0", str(MAX_INSTANCES + 1)])
def test_a_hostile_number_of_instances_is_refused(count: str) -> None:
    with pytest.raises(FormError, match="more than 1000 times r"):
        played(
            "type | name | label | repeat_count", f"begin repeat | r | R | {count}", "text | t | T | ",
            "end repeat | | | ",
        )  # fmt: skip


def test_lists_in_files_are_looked_up() -> None:
    source = table(
        "survey", "type | name | label | calculation | choice_filter", "text | q | Q | |",
        "select_one_from_file towns.csv | t | T | | size > 1",
        "calculate | p | | pulldata('towns', 'label', 'name', ${q}) |",
        "calculate | nowhere | | pulldata('villages', 'label', 'name', ${q}) |",
    )  # fmt: skip
    towns = "\ufeffname,label,size\nu,Unna,2\nb,Bergkamen,1\nl,Lünen,3\n\n".encode()
    program, _ = build(blueprint_of_source(source, file_name="f.md", files={"towns.csv": towns}))
    simulation = Simulation(program, now=NOW, zone=BERLIN)
    assert simulation.nodes["/data/t"]["choices"] == ["u", "l"]
    answer(simulation, "q", "l")
    assert (value(simulation, "p"), value(simulation, "nowhere")) == ("Lünen", "")
    answer(simulation, "q", "nobody")
    assert value(simulation, "p") == ""


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b'name\n"a', b"name\n" + b"x\n" * 20_001])
def test_lists_that_cannot_be_read_are_refused(data: bytes) -> None:
    with pytest.raises(FormError, match="the list"):
        read_csv(data)


def test_without_a_seed_every_choice_is_still_there() -> None:
    simulation = played(
        "type | name | label | parameters", "select_one l | q | Q | randomize=true", "choices",
        "list_name | name | label", "l | a | A", "l | b | B", "l | c | C",
    )  # fmt: skip
    assert sorted(simulation.nodes["/data/q"]["choices"]) == ["a", "b", "c"]


def test_a_cascade_over_a_long_list_finds_its_items() -> None:
    rows = [f"l | n{number} | N | {number % 100} | {number % 3}" for number in range(3000)]
    simulation = played(
        "type | name | label | choice_filter", "text | a | A | ", "text | b | B | ",
        "select_one l | one | Q | x = ${a}", "select_one l | two | Q | x = ${a} and y = ${b}",
        "select_one l | three | Q | x = '7' and y != ${b}", "select_one l | four | Q | y = ${b} or x = ${a}", "choices",
        "list_name | name | label | x | y", *rows,
    )  # fmt: skip
    answer(simulation, "b", "1")
    answer(simulation, "a", "5")
    nodes = simulation.nodes
    expected = [f"n{number}" for number in range(3000) if number % 100 == 5]
    assert nodes["/data/one"]["choices"] == expected
    assert nodes["/data/two"]["choices"] == [name for name in expected if int(name[1:]) % 3 == 1]
    assert len(nodes["/data/three"]["choices"]) == 20
    assert len(nodes["/data/four"]["choices"]) == 1020


def test_calculations_that_feed_each_other_for_ever_end() -> None:
    simulation = played(
        "type | name | label | calculation", "integer | n | N | ", "calculate | a | | ${b} + ${n}",
        "calculate | b | | ${a} + 1", "calculate | c | | coalesce(${a}, 1)",
    )  # fmt: skip
    assert value(simulation, "a") == ""
    with pytest.raises(FormError, match="do not come to rest"):
        played(
            "type | name | label | calculation", "calculate | a | | coalesce(${b}, 0) + 1",
            "calculate | b | | coalesce(${a}, 0) + 1", "text | t | T | ",
        )  # fmt: skip


def test_triggers_that_fire_each_other_for_ever_end() -> None:
    simulation = played(
        "type | name | label | calculation | trigger", "text | a | A | concat(${b}, 'x') | ${b}",
        "text | b | B | concat(${a}, 'y') | ${a}",
    )  # fmt: skip
    with pytest.raises(FormError, match="do not come to rest"):
        answer(simulation, "a", "z")


def test_expressions_that_walk_too_far_end() -> None:
    rows = [f"l | n{number} | N | {number}" for number in range(300)]
    every = "instance('l')/root/item[count(instance('l')/root/item[count(instance('l')/root/item) > 1]) > 1]/name"
    with pytest.raises(FormError, match="take too long"):
        played(
            "type | name | label | calculation", "select_one l | q | Q | ", f"calculate | c | | {every}", "choices",
            "list_name | name | label | x", *rows,
        )  # fmt: skip


def test_after_a_refusal_the_next_answer_is_worked_out() -> None:
    simulation = played(
        "type | name | label | repeat_count", "integer | n | N | ", "begin repeat | r | R | ${n}", "text | t | T | ",
        "end repeat | | | ",
    )  # fmt: skip
    with pytest.raises(FormError, match="more than"):
        answer(simulation, "n", "5000")
    answer(simulation, "n", "2")
    assert "/data/r[2]/t" in simulation.nodes and "/data/r[3]/t" not in simulation.nodes


def test_a_refused_answer_leaves_everything_as_it_was() -> None:
    simulation = played(
        "type | name | label | calculation | repeat_count", "integer | n | N | |", "calculate | before | | ${n} + 1 |",
        "begin repeat | r | R | | ${n}", "text | t | T | |", "end repeat | | | |", "calculate | after | | ${n} + 1 |",
        "text | other | O | |",
    )  # fmt: skip
    answer(simulation, "n", "2")
    nodes = dict(simulation.nodes)
    with pytest.raises(FormError, match="more than"):
        answer(simulation, "n", "5000")
    assert set(answer(simulation, "other", "x")) == {"/data/other"}
    assert {**simulation.nodes, "/data/other": nodes["/data/other"]} == nodes
