"""The stage of the Matrix part: a homeserver, both bots on it, and people who have a room with each."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.hubtalk import READY, bare_environment, command, executable
from bench.known import write_contacts
from bench.processes import ROOT, BrokenBench, Process, Steered, cpu_seconds_of, seated
from bench.questions import CHOICES, FORM_NAME, FORM_TITLE, LABELS, by_button
from tests.fixtures_synapse import PASSWORD, Synapse

ECHO, HUBTALK = "nio echo", "hubtalk"
CONTENDERS = (ECHO, HUBTALK)
PEOPLE = 50
# The ten questions, round and round: more than anybody answers before the rounds are over.
QUESTIONS = 200

# What is said first: it leads to the questions, and lets each bot share its keys in each room before it is measured.
_FIRST_WORDS = {ECHO: "Guten Tag", HUBTALK: "!umfrage"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a round needs: the load, the homeserver, both bots and their ids there, hubtalk's data and a token of it."""

    load: Steered
    homeserver: Synapse
    bots: dict[str, Process]
    users: dict[str, str]
    data: Path
    token: str

    def start_hubtalk(self) -> Process:
        """Start hubtalk on its data."""
        return _hubtalk(self.data, url=self.homeserver.url, user_id=self.users[HUBTALK])

    def server_cpu(self) -> float | None:
        """Return the CPU seconds of the homeserver so far."""
        return cpu_seconds_of(self.homeserver.pid)


@contextmanager
def opened(folder: Path, *, say: Callable[[str], None]) -> Iterator[Stage]:
    """Build it all, let everybody stand at the first question, and take it down at the end.

    Raises:
        BrokenBench: somebody is not led to the questions.
    """
    with ExitStack() as stack:
        load = stack.enter_context(Steered("bench.load.matrix"))
        token = secrets.token_hex(16)
        homeserver = _homeserver(folder, load_url=load.url, token=token)
        stack.callback(homeserver.remove)
        load.do("reach", url=homeserver.url, token=token)
        users = {name: homeserver.register(name.replace(" ", "-")) for name in CONTENDERS}
        tokens = {name: _token(homeserver, user_id=user_id) for name, user_id in users.items()}
        rooms = _people(load, users=users, tokens=tokens)
        say(f"matrix: {4 * PEOPLE} rooms opened, not measured")
        data = _data(folder, rooms=rooms, user_id=users[HUBTALK])
        echo = (homeserver.url, users[ECHO], PASSWORD, str(folder))
        command_line = [sys.executable, "-m", "bench.peers.nio_echo", *echo]
        bots = {
            ECHO: stack.enter_context(Process(command_line, log=folder / "echo.log", cwd=ROOT)),
            HUBTALK: stack.enter_context(_hubtalk(data, url=homeserver.url, user_id=users[HUBTALK])),
        }
        stage = Stage(load=load, homeserver=homeserver, bots=bots, users=users, data=data, token=tokens[HUBTALK])
        _lead_to_first_question(stage)
        say("matrix: everybody stands at the first question, not measured")
        yield stage


def form() -> str:
    """Return a questionnaire of the ten questions that nobody comes to the end of."""
    rows = [
        f"| | {'select_one weight' if by_button(n % len(LABELS)) else 'text'} | q{n} | {LABELS[n % len(LABELS)]} |"
        for n in range(QUESTIONS)
    ]
    choices = [f"| | weight | {name} | {label} |" for name, label in CHOICES]
    return "\n".join(
        (
            *("| survey |", "| | type | name | label |", *rows),
            *("| choices |", "| | list_name | name | label |", *choices),
            *("| settings |", "| | form_id | form_title | version |", f"| | {FORM_NAME} | {FORM_TITLE} | 1 |", ""),
        )
    )


def _homeserver(folder: Path, *, load_url: str, token: str) -> Synapse:
    # https://element-hq.github.io/synapse/latest/application_services.html
    service: dict[str, Any] = {
        "id": "bench",
        "url": load_url,
        "as_token": token,
        "hs_token": secrets.token_hex(16),
        "sender_localpart": "bench",
        "rate_limited": False,
        "namespaces": {"users": [{"exclusive": True, "regex": "@bench-.*"}], "rooms": [], "aliases": []},
    }
    registration = folder / "service.json"
    registration.write_text(json.dumps(service))
    try:
        with seated(seat=1):
            return Synapse(more=f'app_service_config_files: ["{registration}"]\n')
    except RuntimeError as error:
        raise BrokenBench(f"the homeserver does not start:\n{error}") from error


def _token(homeserver: Synapse, *, user_id: str) -> str:
    """Lift a bot's limits as its operator does, and return a token with which we act for it."""
    homeserver.unlimited(user_id)
    return homeserver.log_in(user_id)[0]


def _people(load: Steered, *, users: dict[str, str], tokens: dict[str, str]) -> list[list[str]]:
    """Let people in, with a room with each bot; return room and person of those with hubtalk."""
    rooms: list[list[str]] = []
    for sealed in (False, True):
        load.do("enter", sealed=sealed, count=PEOPLE)
        for name, user_id in users.items():
            made = load.do("rooms", sealed=sealed, bot=user_id, token=tokens[name], echoes=name == ECHO)["rooms"]
            rooms += made if name == HUBTALK else []
    return rooms


def _data(folder: Path, *, rooms: list[list[str]], user_id: str) -> Path:
    data, long_form = folder / "data", folder / "long.md"
    data.mkdir()
    long_form.write_text(form(), encoding="utf-8")
    command(data, "db", "upgrade")
    command(data, "forms", "publish", str(long_form))
    command(data, "forms", "close", "needs")
    account = f"matrix:{user_id}"
    write_contacts(
        data,
        count=len(rooms),
        address=lambda n: {"channel": "matrix", "chat": rooms[n][0], "person": rooms[n][1], "account": account},
    )
    return data


def _hubtalk(data: Path, *, url: str, user_id: str) -> Process:
    env = {
        **bare_environment(data),
        "HUBTALK_MATRIX__HOMESERVER": url,
        "HUBTALK_MATRIX__USER_ID": user_id,
        "HUBTALK_MATRIX__PASSWORD": PASSWORD,
    }
    return Process([*executable(), "run"], log=data / "bench.log", cwd=data, env=env)


def _lead_to_first_question(stage: Stage) -> None:
    for bot in stage.bots.values():
        bot.wait_for(READY)
    for name, user_id in stage.users.items():
        for sealed in (False, True):
            if astray := stage.load.do("open", sealed=sealed, bot=user_id, text=_FIRST_WORDS[name])["astray"]:
                raise BrokenBench(f"{len(astray)} people were not asked the first question, but:\n{astray[0]}")
