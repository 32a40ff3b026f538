from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, func, select, update

from storage.statements import Statement, any_of, change, insert, lock_rows, many, one, rows
from storage.tables import addresses, contacts, interviews


def flat(text: str) -> str:
    return " ".join(text.split())


def test_values_become_literals_so_that_partial_indexes_match() -> None:
    statement = Statement(select(interviews.c.id).where(interviews.c.state != "finished", interviews.c.tries < 3))
    assert flat(statement.for_sqlite).endswith("WHERE interviews.state != 'finished' AND interviews.tries < 3")
    assert statement.for_postgresql.names == ()


def test_parameters_have_names_on_sqlite_and_numbers_on_postgresql() -> None:
    statement = Statement(
        update(contacts)
        .where(contacts.c.id == bindparam("id"), contacts.c.revision == bindparam("revision"))
        .values(name=bindparam("name"), revision=contacts.c.revision + 1)
    )
    assert "name=:name" in statement.for_sqlite
    assert "contacts.id = :id AND contacts.revision = :revision" in flat(statement.for_sqlite)
    assert statement.for_postgresql.names == ("name", "id", "revision")
    assert statement.for_postgresql.arguments({"id": 1, "revision": 2, "name": "A", "more": 0}) == ["A", 1, 2]


def test_a_list_is_one_parameter_whatever_its_length() -> None:
    statement = Statement(select(contacts.c.id).where(any_of(contacts.c.id, "ids")))
    assert flat(statement.for_sqlite).endswith("contacts.id IN (SELECT value FROM json_each(:ids))")
    assert flat(statement.for_postgresql.text).endswith("contacts.id = any($1::BIGINT[])")
    assert statement.sqlite_parameters({"ids": (1, 2)}) == {"ids": "[1,2]"}
    assert statement.for_postgresql.arguments({"ids": [1, 2]}) == [[1, 2]]


def test_a_list_of_tuples_is_one_array_a_column_on_postgresql() -> None:
    statement = Statement(
        select(addresses.c.id).where(any_of((addresses.c.channel, addresses.c.chat), "places"), addresses.c.reachable)
    )
    compiled = statement.for_postgresql
    assert "unnest($1::TEXT[], $2::TEXT[])" in compiled.text
    assert compiled.arguments({"places": [("a", "1"), ("b", "2")]}) == [["a", "b"], ["1", "2"]]


def test_a_list_that_would_change_the_text_is_refused() -> None:
    statement = Statement(select(contacts.c.id).where(contacts.c.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(TypeError, match="any_of"):
        _ = statement.for_sqlite


def test_rows_are_locked_where_there_are_several_writers() -> None:
    statement = Statement(lock_rows(select(contacts.c.id), skip_locked=True))
    assert "FOR UPDATE" not in statement.for_sqlite
    assert statement.for_postgresql.text.endswith("FOR UPDATE SKIP LOCKED")


def test_an_insert_asks_for_nothing_back() -> None:
    assert "RETURNING" not in insert(contacts, ["id", "language", "created_at"]).for_postgresql.text


def test_a_statement_is_compiled_once() -> None:
    calls: list[str] = []

    def build(dialect: str) -> Any:
        calls.append(dialect)
        return select(func.count()).select_from(contacts)

    statement = Statement(build)
    assert statement.for_sqlite is statement.for_sqlite
    assert statement.for_postgresql is statement.for_postgresql
    assert calls == ["sqlite", "postgresql"]


def test_steps_say_what_they_want_and_return_what_they_are_sent() -> None:
    statement = Statement(select(contacts.c.id), name="ids")
    for unit, kind, answer in (
        (rows(statement, a=1), "rows", [(1,)]),
        (one(statement, a=1), "one", None),
        (change(statement, a=1), "change", 3),
    ):
        step = next(unit)
        assert (step.kind, step.statement, step.parameters) == (kind, statement, {"a": 1})
        with pytest.raises(StopIteration) as end:
            unit.send(answer)
        assert end.value.value == answer


def test_many_without_rows_asks_for_nothing() -> None:
    assert list(many(Statement(select(contacts.c.id)), [])) == []
