from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from config.logging import TALKATIVE, setup

TOKEN = "4711:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
log = logging.getLogger("hubtalk.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_has_one_object_a_line() -> None:
    stream = io.StringIO()
    setup("info", stream=stream)
    log.info("ready in %d ms", 12, extra={"channels": ["telegram"]})
    log.warning("two\nlines")
    first, second = lines(stream)
    assert first | {"time": None} == {
        "time": None,
        "level": "info",
        "logger": "hubtalk.test",
        "message": "ready in 12 ms",
        "channels": ["telegram"],
    }
    assert first["time"].endswith("+00:00")
    assert second["message"] == "two\nlines"


def test_terminal_gets_lines_for_people() -> None:
    stream = Terminal()
    setup("info", stream=stream)
    log.info("ready")
    assert stream.getvalue().endswith("INFO    hubtalk.test: ready\n")


def test_format_that_was_asked_for_is_used_on_a_terminal_too() -> None:
    stream = Terminal()
    setup("info", format="json", stream=stream)
    log.info("ready")
    assert lines(stream)[0]["message"] == "ready"


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_are_left_out_wherever_they_stand(form: Any) -> None:
    stream = io.StringIO()
    setup("debug", format=form, secrets=('pass"word', "hush"), stream=stream)
    log.info('login with pass"word')
    log.info("login with %s", "hush", extra={"url": f"https://example.org/bot{TOKEN}/getMe"})
    log.info("login with %s", {"token": TOKEN})
    try:
        raise ValueError(f'bad pass"word in {TOKEN}')
    except ValueError:
        log.exception("failed")
    logged = stream.getvalue()
    assert not any(secret in logged for secret in ("hush", 'pass"word', 'pass\\"word', TOKEN, TOKEN.partition(":")[2]))
    assert "ValueError: bad *** in ***" in logged


def test_secret_inside_a_longer_one_leaves_no_rest() -> None:
    stream = io.StringIO()
    setup("info", format="console", secrets=("hush", "hush-hush"), stream=stream)
    log.info("it is hush-hush")
    assert stream.getvalue().endswith("it is ***\n")


def test_setting_without_secrets_changes_no_word() -> None:
    stream = io.StringIO()
    setup("info", format="console", secrets=("", "ab"), stream=stream)
    log.info("about 12:30")
    assert stream.getvalue().endswith("about 12:30\n")


@pytest.mark.parametrize("name", TALKATIVE)
def test_libraries_tell_only_what_goes_wrong(name: str) -> None:
    stream = io.StringIO()
    setup("debug", stream=stream)
    logging.getLogger(name).info("GET /")
    logging.getLogger(name).warning("slow")
    assert [line["message"] for line in lines(stream)] == ["slow"]


def test_libraries_are_as_silent_as_the_rest() -> None:
    stream = io.StringIO()
    setup("error", stream=stream)
    logging.getLogger("telegram").warning("slow")
    assert stream.getvalue() == ""


def test_setting_up_again_replaces_the_former() -> None:
    first, second = io.StringIO(), io.StringIO()
    setup("info", stream=first)
    setup("info", stream=second)
    log.info("once")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


def test_warnings_go_to_the_log() -> None:
    stream = io.StringIO()
    setup("info", stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in lines(stream)[0]["message"]
