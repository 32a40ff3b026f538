"""A form sent in by chat: what an admin sees before deciding, and what the decision does."""

from __future__ import annotations

from typing import Any, cast

from bot.adapters.memory import MemoryChannel
from bot.domain.messages import Address
from bot.house import House
from bot.ports import Job
from bot.work.forms import FormWork
from tests.contract.desk.conftest import People, form_ids

SHEET = """
| survey |
| | type | name | label |
| | integer | size | How many? |
| | text | wish | Your wish? |

| settings |
| | form_id | form_title |
| | needs | Needs |
"""
ADA = Address("memory", "ada")


class Sent:
    """A channel from which one file can be fetched."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        del file_id, limit
        return self.sheet.encode()


def job(kind: str, **data: Any) -> Job:
    return Job(
        id=1, kind=kind, address=ADA, data={"name": "needs.md", "language": "en", "file_id": "1", **data}, attempts=1
    )


async def sent_in(house: House, sheet: str, key: str) -> tuple[str, list[str], str]:
    """Send a form in and decide; return what was shown, what could be decided, and what was said afterwards."""
    work = FormWork(house, {"memory": cast("MemoryChannel", Sent(sheet))})
    (shown,) = await work.check(job("check_form"))
    assert shown.prompt is not None
    sha256 = shown.prompt.data["sha256"]
    (done,) = await work.publish(job("publish_form", sha256=sha256, migrate=key == "publish_and_move", actor="P1"))
    return shown.message.text, [choice for choice, _ in shown.prompt.data["choices"]], done.message.text


async def test_changed_form_shows_its_changes_and_offers_to_move_running_responses(
    house: House, people: People
) -> None:
    text, ways, _ = await sent_in(house, SHEET, "publish")
    assert ("differs" in text, ways) == (False, ["publish", "discard"])
    version = await form_ids(house)
    await people.response(await people.contact("Eva"), version, {"size": 3}, submitted=False)
    await people.response(await people.contact("Tom"), version, {"wish": "x"}, submitted=False)
    await people.response(await people.contact("Ida"), version, {"size": 4})
    changed = SHEET.replace("| size |", "| staff |").replace("| text | wish | Your wish? |", "| date | wish | When? |")
    text, ways, said = await sent_in(house, changed, "publish_and_move")
    for line in (
        "· is called staff now, was size",
        "· answered in another way: wish",
        "· asks something else: wish",
        "One submitted response stays as it is.",
        "2 responses are running and otherwise stay on their version.",
        "One of them can move over without losing an answer.",
    ):
        assert line in text.splitlines()
    assert ways == ["publish", "publish_and_move", "discard"]
    assert said.endswith("as version 2. Running responses that moved to it: 1. Stayed on their version: 1.")
