"""What the Bot API answers when it does not do what was asked."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer with `ok: false`. `violation`: a correct bot never makes such a request, whatever the circumstances."""

    def __init__(
        self,
        code: int,
        description: str,
        *,
        parameters: dict[str, Any] | None = None,
        violation: bool = False,
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters
        self.violation = violation

    def body(self) -> dict[str, Any]:
        """Give the answer's JSON object."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(text: str) -> Refusal:
    """Refuse for a reason that lies in the state of the world: it can happen to a correct bot."""
    return Refusal(400, f"Bad Request: {text}")


def violation(text: str) -> Refusal:
    """Refuse a request that is wrong by itself; the double remembers it for the test to see."""
    return Refusal(400, f"Bad Request: {text}", violation=True)


def forbidden(text: str) -> Refusal:
    """Refuse because the bot may not do this in this chat."""
    return Refusal(403, f"Forbidden: {text}")


def conflict(text: str) -> Refusal:
    """Refuse because updates are being fetched in another way."""
    return Refusal(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> Refusal:
    """Refuse because of haste, for `retry_after` seconds."""
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", parameters={"retry_after": retry_after})


def migrated(chat_id: int) -> Refusal:
    """Refuse because the group now is a supergroup with another id."""
    parameters = {"migrate_to_chat_id": chat_id}
    return Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters=parameters)
