"""Statements and steps: what storage wants from a database, said without talking to one.

A unit of work is a generator that yields steps and is sent their results; a driver runs it in one transaction::

    def rename(contact: int, name: str) -> Steps[bool]:
        return (yield from change(RENAME, id=contact, name=name)) == 1

Statements are SQLAlchemy constructs, compiled once a dialect. Values written into a construct become literals (so
that partial indexes match and plans stay the same), `bindparam`s without a value become the statement's parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import orjson
from sqlalchemy import Boolean, ColumnElement, Insert, Select, Table, bindparam, func, select, tuple_
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import ARRAY

DialectName: TypeAlias = Literal["sqlite", "postgresql"]
Parameters: TypeAlias = Mapping[str, Any]
Row: TypeAlias = tuple[Any, ...]
T = TypeVar("T")


class ForPostgresql(NamedTuple):
    """A statement as asyncpg wants it: text with $1, $2 … and where each of them comes from."""

    text: str
    names: tuple[str, ...]
    sources: tuple[tuple[str, int | None], ...]
    """For each of `names` the parameter, and which member of its tuples (None: the parameter itself)."""

    def arguments(self, parameters: Parameters) -> list[Any]:
        """Put the parameters in order."""
        return [
            parameters[name] if part is None else [member[part] for member in parameters[name]]
            for name, part in self.sources
        ]


class Statement:
    """One SQL statement for both databases, compiled when first used and kept."""

    def __init__(self, construct: ClauseElement | Callable[[DialectName], ClauseElement], *, name: str = "") -> None:
        self._construct = construct
        self.name = name or "statement"
        self.lists: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Statement({self.name})"

    def construct_for(self, dialect: DialectName) -> ClauseElement:
        """Return the SQLAlchemy construct for one of the databases."""
        made = self._construct if isinstance(self._construct, ClauseElement) else self._construct(dialect)
        if isinstance(made, Insert) and not made._returning:  # else SQLAlchemy asks for defaulted keys back
            made = made.inline()
        return made

    @cached_property
    def for_sqlite(self) -> str:
        """Return the text with `:name` parameters."""
        compiled = self._compile("sqlite")
        self.lists = frozenset(compiled.lists)
        text: str = compiled.string
        return text

    @cached_property
    def for_postgresql(self) -> ForPostgresql:
        """Return the text with `$1` parameters, and the parameters in order."""
        compiled = self._compile("postgresql")
        names = tuple(compiled.positiontup or ())
        return ForPostgresql(compiled.string, names, tuple(compiled.parts.get(name, (name, None)) for name in names))

    def sqlite_parameters(self, parameters: Parameters) -> Parameters:
        """Turn list parameters into the JSON that the text for SQLite expects."""
        if not self.lists:  # known once `for_sqlite` was made
            return parameters
        return {**parameters, **{name: orjson.dumps(list(parameters[name])).decode() for name in self.lists}}

    def _compile(self, dialect: DialectName) -> Any:
        compiled = self.construct_for(dialect).compile(dialect=_dialect(dialect))
        if not isinstance(compiled, _LiteralConstants) or "__[POSTCOMPILE" in compiled.string:
            raise TypeError(f"{self.name}: not a statement with a fixed number of parameters; use any_of for lists")
        return compiled


# --- steps -------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One request to the database; the driver answers it by sending the result into the generator."""

    kind: Literal["rows", "one", "many", "change"]
    statement: Statement
    parameters: Any
    """A mapping, for `many` a sequence of mappings."""


Steps: TypeAlias = Generator[Step, Any, T]


def rows(statement: Statement, **parameters: Any) -> Steps[list[Row]]:
    """Ask for all rows."""
    found: list[Row] = yield Step("rows", statement, parameters)
    return found


def one(statement: Statement, **parameters: Any) -> Steps[Row | None]:
    """Ask for the first row, if there is one."""
    found: Row | None = yield Step("one", statement, parameters)
    return found


def many(statement: Statement, parameters: Sequence[Parameters]) -> Steps[None]:
    """Carry the statement out once for each set of parameters."""
    if parameters:
        yield Step("many", statement, parameters)


def change(statement: Statement, **parameters: Any) -> Steps[int]:
    """Carry the statement out; the answer is how many rows it touched."""
    touched: int = yield Step("change", statement, parameters)
    return touched


# --- constructs --------------------------------------------------------------------------------------------------


def any_of(column: ColumnElement[Any] | tuple[ColumnElement[Any], ...], name: str) -> ColumnElement[bool]:
    """Say that a column is in the list parameter `name`; several columns are compared with a list of tuples.

    Compiles to a constant text whatever the length of the list, and uses an index on the columns.
    """
    return _AnyOf(columns=column if isinstance(column, tuple) else (column,), name=name)


def lock_rows(query: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
    """Hold the rows until the transaction ends (PostgreSQL); on SQLite there is but one writer anyway."""
    return query.with_for_update(skip_locked=skip_locked)


def insert(table: Table, columns: Collection[str] | None = None, *, name: str = "") -> Statement:
    """Insert a row from parameters named as the columns; `columns` leaves the others to their defaults."""
    return Statement(table.insert().values(_values(table, columns)), name=name or f"insert {table.name}")


def upsert(
    table: Table,
    *,
    keys: Sequence[str],
    set_: Sequence[str] | Mapping[str, Any] | None = None,
    columns: Collection[str] | None = None,
    name: str = "",
) -> Statement:
    """Insert a row, or change the one that has the same `keys`.

    `set_` names the columns that take the new value, or maps columns to an expression (or to a function that makes
    one from the row that was to be inserted). Without `set_` a row that exists stays as it is.
    """

    def build(dialect: DialectName) -> ClauseElement:
        statement = _dialect_insert(dialect)(table).values(_values(table, columns))
        if not set_:
            return statement.on_conflict_do_nothing(index_elements=list(keys))  # type: ignore[no-any-return]
        new = statement.excluded
        changes = set_ if isinstance(set_, Mapping) else {column: new[column] for column in set_}
        made = {column: value(new) if callable(value) else value for column, value in changes.items()}
        return statement.on_conflict_do_update(index_elements=list(keys), set_=made)  # type: ignore[no-any-return]

    return Statement(build, name=name or f"upsert {table.name}")


def _values(table: Table, columns: Collection[str] | None) -> dict[str, Any]:
    names = [column.name for column in table.columns] if columns is None else list(columns)
    return {name: bindparam(name, type_=table.columns[name].type) for name in names}


def _dialect_insert(dialect: DialectName) -> Any:
    # Imported here since loading a dialect that is not used costs start-up time.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite  # noqa: PLC0415

        return insert_sqlite
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql  # noqa: PLC0415

    return insert_postgresql


class _AnyOf(ColumnElement[bool]):
    """`columns IN (list parameter)`, each dialect in its own words."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, *, columns: tuple[ColumnElement[Any], ...], name: str) -> None:
        self.columns = columns
        self.name = name

    @property
    def _from_objects(self) -> list[Any]:
        return [origin for column in self.columns for origin in column._from_objects]

    def get_children(self, **_: Any) -> tuple[ColumnElement[Any], ...]:
        """Let SQLAlchemy's (and our) walks see the columns."""
        return self.columns

    def self_group(self, against: Any = None) -> _AnyOf:  # noqa: ARG002 - binds as tightly as IN does
        """Need no parentheses."""
        return self


@compiles(_AnyOf, "sqlite")
def _any_of_sqlite(element: _AnyOf, compiler: Any, **options: Any) -> str:
    compiler.lists = {*compiler.lists, element.name}
    columns = ", ".join(compiler.process(column, **options) for column in element.columns)
    if len(element.columns) == 1:
        return f"{columns} IN (SELECT value FROM json_each(:{element.name}))"  # noqa: S608 - names out of our own code
    parts = ", ".join(f"json_extract(value, '$[{number}]')" for number in range(len(element.columns)))
    return f"({columns}) IN (SELECT {parts} FROM json_each(:{element.name}))"  # noqa: S608 - names out of our own code


@compiles(_AnyOf, "postgresql")
def _any_of_postgresql(element: _AnyOf, compiler: Any, **options: Any) -> str:
    condition: ColumnElement[bool]
    if len(element.columns) == 1:
        (column,) = element.columns
        condition = column == func.any(bindparam(element.name, type_=ARRAY(column.type)))
    else:
        parts = {f"{element.name}.{number}": (element.name, number) for number in range(len(element.columns))}
        compiler.parts = {**compiler.parts, **parts}
        arrays = [
            bindparam(part, type_=ARRAY(column.type)) for part, column in zip(parts, element.columns, strict=True)
        ]
        members = func.unnest(*arrays).table_valued(*[f"c{number}" for number in range(len(arrays))]).render_derived()
        condition = tuple_(*element.columns).in_(select(members))
    text: str = compiler.process(condition, **options)
    return text


# --- dialects ----------------------------------------------------------------------------------------------------


class _LiteralConstants:
    """Mixed into a dialect's compiler: values that are part of the construct are written into the text."""

    lists: frozenset[str] = frozenset()
    """SQLite: the parameters that are JSON lists."""
    parts: Mapping[str, tuple[str, int]] = {}
    """PostgreSQL: a list of tuples is given as several arrays; which array is which member of which list."""

    def visit_bindparam(self, bindparam: Any, *, literal_binds: bool = False, **options: Any) -> str:
        literal = literal_binds or not bindparam.required
        text: str = super().visit_bindparam(bindparam, literal_binds=literal, **options)  # type: ignore[misc]
        return text


_DIALECTS: dict[DialectName, DefaultDialect] = {}


def _dialect(name: DialectName) -> DefaultDialect:
    if name not in _DIALECTS:
        _DIALECTS[name] = _new_dialect(name)
    return _DIALECTS[name]


def _new_dialect(name: DialectName) -> DefaultDialect:
    dialect: DefaultDialect
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite  # noqa: PLC0415

        dialect = SQLiteDialect_pysqlite(paramstyle="named")
    else:
        from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg  # noqa: PLC0415

        dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    compiler: Any = type("Compiler", (_LiteralConstants, dialect.statement_compiler), {})
    dialect.statement_compiler = compiler
    return dialect
