"""Who gets a broadcast: rules as organisers write them. Rules of one kind add up, those of several narrow down."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from bot.domain.desk.words import read_duration
from bot.domain.people import ROLES

Kind = Literal[
    "all",
    "company",
    "tag",
    "role",
    "language",
    "channel",
    "form",
    "answer",
    "last",
    "quiet_for",
    "got",
    "missed",
    "saved",
    "event",
]
FORM_STATES = ("never", "unfinished", "submitted")
LONGEST = 2_000
"""Characters of one rule."""

MANY = 50
"""Rules of one audience."""

EXAMPLES: Mapping[str, str] = {
    "all": "all",
    "company": "company=Testwerk GmbH",
    "tag": "tag=sector:Bau",
    "role": "role=organiser",
    "language": "language=de",
    "channel": "channel=matrix",
    "form": "form=needs:unfinished",
    "answer": "answer=needs:${size} = 'small'",
    "last": "last=30d",
    "got": "got=17",
    "missed": "missed=17",
    "saved": "saved=Handwerk",
}
_RULE = re.compile(
    r"(?P<not>(?:not|nicht)\s+)?(?P<kind>[a-z]+)\s*(?P<sign>[=>])\s*(?P<value>.+)", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. value: what it names; more: a tag's value, a form's state, an expression; version: of a form, "" for
    any; negated: those whom it does not name.
    """

    kind: Kind
    value: str = ""
    more: str = ""
    version: str = ""
    span: timedelta = timedelta()
    negated: bool = False

    def __str__(self) -> str:
        """Return the rule as it is written."""
        return ("not " if self.negated else "") + self._plain()

    def _plain(self) -> str:
        match self.kind:
            case "all":
                return "all"
            case "tag" | "answer":
                return f"{self.kind}={self.value}:{self.more}"
            case "form":
                return ":".join(["form=" + self.value, self.more, *([self.version] if self.version else [])])
            case "quiet_for":
                return f"last>{self.value}"
            case _:
                return f"{self.kind}={self.value}"


def read_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Read the rules of an audience; none at all means everybody.

    Raises:
        ValueError: one of them is no rule; the message says which, and what is possible.
    """
    rules = tuple(dict.fromkeys(read_rule(text) for text in texts))
    if len(rules) > MANY:
        raise ValueError(f"an audience has at most {MANY} rules")
    return tuple(rule for rule in rules if rule.kind != "all") or (Rule(kind="all"),)


def read_rule(text: str) -> Rule:
    """Read one rule, such as `company=Testwerk GmbH`, `form=needs:unfinished` or `not tag=sector:Bau`.

    Raises:
        ValueError: it is none; the message says what is possible.
    """
    plain = text.strip()
    if len(plain) > LONGEST or "\0" in plain:
        raise ValueError(f"a rule has at most {LONGEST} characters")
    if plain.lower() in ("all", "alle"):
        return Rule(kind="all")
    match = _RULE.fullmatch(plain)
    kind = match["kind"].lower() if match else re.split(r"\W", plain.lower(), maxsplit=1)[0]
    if match is None or (kind not in EXAMPLES and kind != "event"):
        raise ValueError(_no_rule(plain, kind))
    if match["sign"] == ">" and kind != "last":
        raise ValueError(f"{plain!r}: only last> compares; write {EXAMPLES.get(kind, kind)}")
    rule = _read(kind, match["value"].strip(), longer=match["sign"] == ">")
    return replace(rule, negated=match["not"] is not None)


def _read(kind: str, value: str, *, longer: bool) -> Rule:
    match kind:
        case "last":
            try:
                span = read_duration(value)
            except ValueError as error:
                raise ValueError(f"last={value}: {error}") from None
            return Rule(kind="quiet_for" if longer else "last", value=value, span=span)
        case "got" | "missed":
            if not re.fullmatch("[0-9]{1,9}", value, re.ASCII):
                raise ValueError(f"{kind}={value}: write the number of a broadcast, such as {EXAMPLES[kind]}")
            return Rule(kind=kind, value=str(int(value)))
        case "role" if value.lower() not in ROLES:
            raise ValueError(f"role={value}: there is {' and '.join(ROLES)}")
        case "role" | "language" | "channel":
            return Rule(kind=kind, value=value.lower())
        case "tag" | "form" | "answer":
            return _read_pair(kind, value)
        case "event":
            raise ValueError("event=…: events come in a later version")
        case "company":
            return Rule(kind="company", value=value)
        case _:
            return Rule(kind="saved", value=value)


def _read_pair(kind: Literal["tag", "form", "answer"], value: str) -> Rule:
    # At the command line a tag is written with a second sign of equality.
    sign = "=" if kind == "tag" and ":" not in value else ":"
    first, colon, rest = (part.strip() for part in value.partition(sign))
    if not (first and colon and rest):
        raise ValueError(f"{kind}={value}: write it like {EXAMPLES[kind]}")
    if kind != "form":
        return Rule(kind=kind, value=first, more=rest)
    state, _, version = (part.strip() for part in rest.partition(":"))
    if state.lower() not in FORM_STATES:
        raise ValueError(f"form={value}: a form is {', '.join(FORM_STATES)}")
    return Rule(kind="form", value=first, more=state.lower(), version=version)


def _no_rule(text: str, kind: str) -> str:
    near = difflib.get_close_matches(kind, EXAMPLES, n=1)
    hint = f"; did you mean {EXAMPLES[near[0]]}" if near else ""
    return f"{text[:60]!r} is no rule{hint}. Possible are: {', '.join(EXAMPLES.values())}"


def by_kind(rules: Sequence[Rule]) -> tuple[Mapping[Kind, list[Rule]], list[Rule]]:
    """Return the rules that name somebody by their kind, and those that leave somebody out."""
    named: dict[Kind, list[Rule]] = {}
    for rule in rules:
        if not rule.negated and rule.kind != "all":
            named.setdefault("last" if rule.kind == "quiet_for" else rule.kind, []).append(rule)
    return named, [rule for rule in rules if rule.negated]
