"""What staff order about forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.domain.desk.command import Command
from bot.forms.differences import Differences, Why
from bot.forms.model import Form, Texts

FormState = Literal["draft", "open", "closed"]
FORM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""A form's name is part of commands and file names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Running responses that stay on their version, by the first answer that would lose its meaning, and why."""

    version: int
    path: str
    why: Why
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a new version means for the responses to those before it.

    differences: to the version just before; None when nothing was changed. running, submitted: how many responses are
    on earlier versions. moves: how many of the running ones can move over, and did if `moved`.
    """

    differences: Differences | None
    running: int
    submitted: int
    moves: int
    stays: tuple[Stay, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A form's newest version; `new` is False when the same bytes were published before.

    outlook: None where there is no earlier version.
    """

    name: str
    number: int
    new: bool
    state: FormState
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishForm(Command[Published]):
    """Make a form's sheet its newest version. `title`: by language; without one the title known so far stays.

    files: what its questions show, by name; None: those of the version before, as far as the form still names them;
    migrate: running responses move to it, each one whose answers all keep their meaning.
    """

    form: Form
    name: str
    file_name: str
    source: bytes
    title: Texts = field(default_factory=dict)
    draft: bool = False
    migrate: bool = False
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFormState(Command[FormState]):
    """Open or close a form; gives the state it had."""

    name: str
    state: FormState
