"""What expressions give: XPath 1.0 (W3C) and the ODK XForms specification, section by section."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from bot.forms.expressions.closures import as_number, as_text, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.frames import Frame, Surroundings
from bot.forms.expressions.nodes import AnswerNode, Node
from bot.forms.expressions.scopes import Names, Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import Value
from tests.unit.forms.making import NOON

VALUES: Mapping[str, Value] = {
    "n": 5,
    "d": 2.5,
    "t": "Käse",
    "day": "2026-01-30",
    "one": "b",
    "many": ("a", "c"),
    "g/inner": "deep",
}
PATHS = (*VALUES, "empty", "g/other")


LABELS = {("one", "b"): "Bee", ("many", "c"): "Sea"}


def label(node: Node, name: str) -> str:
    assert isinstance(node, AnswerNode)
    return LABELS.get((node.spec.path, name), "")


def frame() -> Frame:
    world = Surroundings(lists={}, label=label, text=lambda name: name)
    return Frame(VALUES, now=NOON.now, zone=NOON.timezone, language="de", world=world)


def scope(at: str = "g/other") -> Scope:
    return Scope(names=Names.of(PATHS, groups=["g"]), at=at)


def text(expression: str) -> str:
    return as_text(compile_expression(expression, scope=scope()))(frame())


def number(expression: str) -> float:
    return as_number(compile_expression(expression, scope=scope()))(frame())


def truth(expression: str) -> bool:
    return as_truth(compile_expression(expression, scope=scope()))(frame())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("7 div 2", 3.5),
        ("-7 mod 3", -1),
        ("--3", 3),
        ("- -3 + 1", 4),
        ("2 * -3", -6),
        ("${n} + ${d}", 7.5),
        (".5 + 1.", 1.5),
        ("1 div 0", math.inf),
        ("-1 div 0", -math.inf),
        ("string-length('äöü')", 3),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(3.14159, 2)", 3.14),
        ("round(1234, -2)", 1200),
        ("int(-3.7)", -3),
        ("floor(-3.2)", -4),
        ("ceiling(3.2)", 4),
        ("abs(-2)", 2),
        ("pow(2, 10)", 1024),
        ("pow(10, 400)", math.inf),
        ("sqrt(9)", 3),
        ("min(3, ${n}, 4)", 3),
        ("max(3, ${n}, 4)", 5),
        ("sum(${n}, 1)", 6),
        ("count(${n})", 1),
        ("count-non-empty(${n}, ${empty}, ${t})", 2),
        ("count-selected(${many})", 2),
        ("count-selected(${empty})", 0),
        ("number('12 ')", 12),
        ("number(true())", 1),
        ("if(${n} > 4, 10, 20)", 10),
        ("decimal-date-time('1970-01-02T00:00:00Z')", 1),
        ("decimal-time('12:00:00.000')", 0.5),
    ],
)
def test_numbers(expression: str, expected: float) -> None:
    assert number(expression) == pytest.approx(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "number('x')",
        "number(${empty})",
        "${t} + 1",
        "1 mod 0",
        "sqrt(-1)",
        "max(1, '')",
        "sum(/data/*)",
        "number('1e')",
    ],
)
def test_what_is_no_number_is_nan(expression: str) -> None:
    assert math.isnan(number(expression))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("concat('a', ${n}, ${d})", "a52.5"),
        ("concat()", ""),
        ("string(1 div 3 * 3)", "1"),
        ("string(0.000001)", "0.000001"),
        ("string(0.0000001)", "1e-7"),
        ("string(1000000 * 1000000 * 1000000)", "1" + "0" * 18),
        ("string(1000000 * 1000000 * 1000000 * 1500000)", "1.5e+24"),
        ("string(1 div 0)", "Infinity"),
        ("string(true())", "true"),
        ("string(${many})", "a c"),
        ("substr('hello', 1, 3)", "el"),
        ("substr('hello', -2)", "lo"),
        ("substring('12345', 2, 3)", "234"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0, 3)", "12"),
        ("substring('12345', 2)", "2345"),
        ("substring-before('1999/04', '/')", "1999"),
        ("substring-after('1999/04', '/')", "04"),
        ("substring-before('a', 'x')", ""),
        ("normalize-space('  a   b ')", "a b"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("join(', ', 'a', 'b')", "a, b"),
        ("coalesce(${empty}, ${t})", "Käse"),
        ("coalesce(${n}, ${t})", "5"),
        ("selected-at(${many}, 1)", "c"),
        ("selected-at(${many}, 2)", ""),
        ("jr:choice-name(${one}, '${one}')", "Bee"),
        ("jr:choice-name(selected-at(${many}, 1), '${many}')", "Sea"),
        ("jr:choice-name('nobody', '${one}')", ""),
        ("once('new')", "new"),
        ("today()", "2026-01-31"),
        ("now()", "2026-01-31T12:00:00.000+01:00"),
        ("date('2026-1-5')", "2026-01-05"),
        ("date('nonsense')", "Invalid Date"),
        ("date(${day} + 1)", "2026-01-31"),
        ("format-date(${day}, '%d.%m.%Y, %a %e %b %y')", "30.01.2026, Fr 30 Jan 26"),
        ("format-date('2026-03-01', '%b')", "Mär"),
        ("format-date-time('2026-01-30T08:05:09', '%H:%M:%S %h %3')", "08:05:09 8 000"),
        ("format-date(${empty}, '%Y')", ""),
        ("../inner", "deep"),
        ("/data/g/inner", "deep"),
        ("/data/t", "Käse"),
        ("current()/../inner", "deep"),
        ("if(true(), ${one}, 'x')", "b"),
    ],
)
def test_texts(expression: str, expected: str) -> None:
    assert text(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "${n} = 5",
        "${n} = '5'",
        "'5' = ${n}",
        "${empty} = ''",
        "${n} != ''",
        "${t} = 'Käse' and ${n} > 3",
        "false() or ${n} >= 5",
        "1 and 1 and 1 or 0",
        "not(false())",
        "selected(${many}, 'c')",
        "selected('a bc', 'bc')",
        "selected(${one}, ${one})",
        "not(selected(${many}, 'b'))",
        "not(selected(${empty}, 'b'))",
        "contains(${t}, 'äs')",
        "starts-with('abc', 'ab')",
        "ends-with('abc', 'bc')",
        "regex(${t}, '^K.se$')",
        "regex('b12', '[0-9]{2}')",
        "not(regex('x', concat('(', '')))",
        "${day} < today()",
        "today() > ${day}",
        "date(${day}) = ${day}",
        "${day} + 1 = today()",
        "today() - ${day} = 1",
        "boolean('x')",
        "boolean-from-string('1')",
        "checklist(2, 3, true(), true(), false())",
        "weighted-checklist(3, -1, true(), 3, false(), 9)",
        "checklist(1, number('x'), true(), true())",
        "checklist(2, 2, ${n}, ${empty}, ${t})",
        "checklist(0, -1)",
        "not(weighted-checklist(1, 5, /data/*[. = 1], 2))",
        "weighted-checklist(2, 2, /data/n | /data/t, 1) = false()",
        "geofence('51.5 7.5', '51 7; 52 7; 52 8; 51 8; 51 7')",
        "not(geofence('53 7.5', '51 7; 52 7; 52 8; 51 8; 51 7'))",
        "not(geofence('51.5 7.5', '51 7; 52 7; 52 8'))",
        "/data/* = 'Käse'",
        "/data/* != 'Käse'",
        "not(/data/*[. = 1] = '')",
        "/data/* > 4",
        "5 < /data/n + 1",
        "/data/n = /data/*",
        "boolean(/data/n | /data/d)",
        "(/data/n | /data/d) = true()",
        "random() < 1",
        "not(lang('de'))",
        "/data/*[self::n] = 5",
        "/data/*[number('3')] = '2.5'",
        "/data/*[if(true(), 2, 3)] = '5'",
        "//*[. = 'deep']/following::* = '' or true()",
        "'a' = 'a'",
        "1 < 2 = true()",
        "number('x') != number('x')",
        "${n}>1and${d}<3",
    ],
)
def test_truths(expression: str) -> None:
    assert truth(expression) is True


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("", "empty"),
        ("1 +", "too early"),
        ("(1", "( is not closed"),
        ("concat('a'", "not closed"),
        ("1 2", "'2' is not expected"),
        ("${n} == 5", "'=' is not expected"),
        ("'a", "quotation mark"),
        ("“a”", "no quotation mark"),
        ("${n", "${ is not followed"),
        ("${nobody}", "no question ${nobody}"),
        ("${g}", "is a group"),
        ("/wrong/n", "leads nowhere"),
        ("../../../n", "leads out"),
        ("../nobody", "no question ../nobody"),
        ("nofunction(1)", "no function nofunction()"),
        ("round()", "takes 1 to 2 arguments, not 0"),
        ("if(1, 2)", "takes 3 arguments, not 2"),
        ("property('x')", "property() is not supported yet"),
        ("/data/g[1]/nobody", "leads nowhere"),
        ("//nobody", "leads nowhere"),
        ("..", "is a group"),
        ("${n} | 1", "joins node-sets"),
        ("'a'/b", "from a node-set"),
        ("count(1)", "a node-set is expected"),
        ("sideways::n", "no axis"),
        (".", "not known here"),
        ("regex('a', '(')", "cannot be used"),
        ("jr:choice-name(${one}, ${one})", "quotation marks"),
        ("a & b", "& is no operator"),
        ("!true()", "! stands alone"),
        ("1" + " + 1" * 5000, "characters"),
        ("(" * 100 + "1" + ")" * 100, "nested"),
        ("1" + "=1" * 20, "too many comparisons"),
    ],
)
def test_mistakes_are_named(expression: str, what: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression, scope=scope())
    assert what in caught.value.what


def test_near_names_are_suggested() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("${inerr}", scope=scope())
    assert caught.value.mend == "Did you mean ${inner}?"
    with pytest.raises(ExpressionError) as caught:
        compile_expression("selcted(${many}, 'a')", scope=scope())
    assert caught.value.mend == "Did you mean selected()?"


def test_an_expression_knows_what_it_reads() -> None:
    closure = compile_expression("if(${n} > 1, ../inner, 'x') = ${t} and selected(${many}, ${one})", scope=scope())
    assert closure.depends == {"n", "g/inner", "t", "many", "one"}


def test_a_bare_question_as_truth_is_true_as_in_xpath_and_is_doubted() -> None:
    here = scope()
    closure = compile_expression("not(${empty})", scope=here)
    assert as_truth(closure)(frame()) is False
    assert here.warnings == ["${empty} alone is always true here; write ${empty} != '' or compare it"]


def test_long_chains_of_sums_and_of_nested_ifs_run() -> None:
    assert number(" + ".join(["1"] * 1000)) == 1000
    assert text("if(false(), 'x', " * 50 + "'deep'" + ")" * 50) == "deep"


def test_the_deepest_mixture_that_compiles_also_runs() -> None:
    level = "1 or 1 and 1 = 1 < 1 + 1 * -("
    deepest = 0
    for depth in range(1, 60):
        try:
            assert truth(level * depth + "1" + ")" * depth) is True
        except ExpressionError:
            break
        deepest = depth
    assert 10 <= deepest < 59


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("string(12.50)", "12.5"),
        ("string(-1 div 0)", "-Infinity"),
        ("string(number('x'))", ""),
        ("date(20484)", "2026-01-31T01:00:00.000+01:00"),
        ("date(true())", ""),
        ("date(1000000000)", "Invalid Date"),
        ("date-time('2026-01-31T10:00:00Z')", "2026-01-31T11:00:00.000+01:00"),
        ("date-time('2026-01-31T10:00:00-02:30')", "2026-01-31T13:30:00.000+01:00"),
        ("date('2026-02-30')", "Invalid Date"),
        ("date('9999-12-31T23:59:59-14:00')", "Invalid Date"),
        ("selected-at(${many}, 'x')", ""),
        ("date('2026-03-29T02:30:00')", "2026-03-29T03:30:00.000+02:00"),
        ("date(${d})", "Invalid Date"),
        ("number('2026-01-31')", "20483"),
        ("base64-decode('aGVsbG8=')", "hello"),
        ("base64-decode('aGVs bG8')", "hello"),
        ("base64-decode('a-b:c')", ""),
        ("digest('abc', 'SHA-1', 'hex')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("digest('abc', 'MD5')", "kAFQmDzST7DWlj99KOF/cg=="),
        ("digest('abc', 'ROT13')", ""),
        ("digest('abc', 'MD5', 'runes')", ""),
        ("uuid(0)", ""),
        ("string-length(uuid(50))", "50"),
        ("string-length(uuid())", "36"),
        ("uuid(-1)", ""),
        ("name(../inner)", "inner"),
        ("name()", "other"),
        ("local-name(/data/n)", "n"),
        ("namespace-uri(/data/n)", ""),
        ("jr:itext('some:id')", "some:id"),
        ("join('-', /data/*[. != ''])", "deep-5-2.5-Käse-2026-01-30-b-a c"),
        ("concat(/data/n | /data/d)", "52.5"),
        ("string(/data/g/*[1])", "deep"),
        ("string(/data/*[last() - 1])", "a c"),
        ("string(/data/*[. = 'b']/preceding-sibling::*[1])", "2026-01-30"),
        ("string((/data/n | /data/t)[2])", "Käse"),
        ("if(true(), /data/*, /data/n)", "deep"),
        ("substr('', 1)", ""),
        ("substr('abc', 'x')", ""),
        ("substring('abc', 'x')", ""),
        ("coalesce('', '')", ""),
        ("if(${empty} != '', ${n}, ${d})", "2.5"),
        ("./../inner", "deep"),
        ("jr:choice-name(${one}, '/data/one')", "Bee"),
    ],
)
def test_more_texts(expression: str, expected: str) -> None:
    assert text(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("round('x')", math.nan),
        ("round(1 div 0)", math.inf),
        ("round(9007199254740993)", 9007199254740992),
        ("log(0)", -math.inf),
        ("log10(0)", -math.inf),
        ("log10(1000)", 3),
        ("exp(1000)", math.inf),
        ("pow(0, -1)", math.inf),
        ("int(1 div 0)", math.inf),
        ("5 mod (1 div 0)", 5),
        ("(1 div 0) mod 5", math.nan),
        ("0 div 0", math.nan),
        ("decimal-date-time('x')", math.nan),
        ("decimal-time('25:99')", math.nan),
        ("number('0x1f')", 31),
        ("number('1e3')", 1000),
        ("number('-Infinity')", -math.inf),
        ("pow('x', 0)", math.nan),
        ("count(/data/*)", 8),
        ("count(/data/g/descendant-or-self::*)", 3),
        ("count(/data/n | /data/n)", 1),
        ("count(//*[. = 'deep']/ancestor::*)", 2),
        ("sum(/data/n | /data/d)", 7.5),
        ("min(/data/n | /data/d)", 2.5),
        ("max(/data/*[. = 1] | /data/n)", 5),
        ("count-non-empty(/data/g/*)", 1),
        ("position(../inner)", 1),
        ("count(current()/../*)", 2),
        ("last()", 1),
        ("area('0 0; 0 1; 1 1; 0 0')", 6195628067.9),
        ("area('0 0; 0 1')", 0),
        ("area('x')", 0),
        ("distance('0 0', '0 1')", 111318.84),
        ("distance('0 0; 0 1; 0 0')", 222637.68),
        ("distance('91 0', '0 1')", math.nan),
        ("distance('0 x', '0 1')", math.nan),
    ],
)
def test_numbers_at_the_edge(expression: str, expected: float) -> None:
    assert number(expression) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("child::n = 1", "no question n"),
        ("@n", "leads nowhere"),
        ("descendant::n", "leads nowhere"),
        ("*", "leads nowhere"),
        ("text()", "leads nowhere"),
        ("weighted-checklist(1, 2, true(), 1, true())", "pairs"),
        ("jr:choice-name(${one}, '1')", "names no question"),
        ("jr:choice-name(${one}, '${nobody}')", "no question ${nobody}"),
        ("concat(1,)", "not expected"),
        ("1 ? 2", "has no meaning"),
    ],
)
def test_more_mistakes_are_named(expression: str, what: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression, scope=scope())
    assert what in caught.value.what
