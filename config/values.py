"""Values that people write as short texts (`20:00-08:00`, `Mon-Fri`, `127.0.0.1:8080`), read and checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

# ISO 3166-2:DE without its "DE-"; public holidays are the Länder's own affair.
LAENDER = frozenset("BW BY BE BB HB HH HE MV NI NW RP SL SN ST SH TH".split())

MEGABYTE = 1024 * 1024

_DAYS = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "mo"),
            ("tue", "di"),
            ("wed", "mi"),
            ("thu", "do"),
            ("fri", "fr"),
            ("sat", "sa"),
            ("sun", "so"),
        )
    )
    for name in names
}


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the HTTP server listens; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local wall time between which no push goes out; `end` before `start` means over midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most so many pushes a contact within that time."""

    most: int
    within: timedelta

    def __str__(self) -> str:
        return f"{self.most}/{self.within.days}d"


def read_frequency(value: object) -> Frequency | None:
    """Read `4/7d`: at most four in seven days; `off` means as often as somebody writes."""
    if value is None or isinstance(value, Frequency):
        return value
    text = str(value).strip().lower()
    if text in {"", "off"}:
        return None
    match = re.fullmatch(r"([1-9]\d{0,2})\s*/\s*([1-9]\d{0,2})\s*d", text, re.ASCII)
    if match is None:
        raise ValueError("write how many in how many days, such as 4/7d, or off")
    return Frequency(int(match[1]), timedelta(days=int(match[2])))


def read_list(value: object) -> object:
    """Split `["de","en"]` (JSON) or `de,en` into a list; leave anything that is no text to pydantic."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError('write a list as ["one","two"] or one,two') from error
    return [item.strip() for item in text.split(",") if item.strip()]


def read_bind(value: object) -> Bind | None:
    """Read `host:port` or `[ipv6]:port`; an empty text or `off` means no HTTP at all."""
    if value is None or isinstance(value, Bind):
        return value
    text = str(value).strip()
    if text.lower() in {"", "off"}:
        return None
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError("write host:port such as 127.0.0.1:8080 (0.0.0.0:8080 for every interface), or off")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError("write an IPv6 address in brackets: [::1]:8080")
    return Bind(host.removeprefix("[").removesuffix("]"), int(port))


def read_size(value: object) -> object:
    """Read `20 MB` or `2 GB` as bytes (1 MB is 1024 times 1024); leave a plain number to pydantic."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*(KB|MB|GB)\s*", str(value), re.IGNORECASE | re.ASCII)
    if match is not None:
        return int(match[1]) * {"KB": 1024, "MB": MEGABYTE, "GB": 1024 * MEGABYTE}[match[2].upper()]
    if isinstance(value, str) and not (value.isascii() and value.strip().isdigit()):
        raise ValueError("write a size such as 20 MB or 2 GB")
    return value


def read_span(value: object) -> object:
    """Read `48h`, `2d` or `90m` as a span of time."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"\s*(\d{1,4})\s*([mhd])\s*", str(value), re.IGNORECASE | re.ASCII)
    if match is None or int(match[1]) == 0:
        raise ValueError("write a time such as 48h or 2d")
    return timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[match[2].lower()]: int(match[1])})


def read_quiet_hours(value: object) -> QuietHours | None:
    """Read `20:00-08:00`; `off` means that no hour is quiet."""
    if value is None or isinstance(value, QuietHours):
        return value
    text = str(value).strip()
    if text.lower() in {"", "off"}:
        return None
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", text)
    if match is None:
        raise ValueError("write two times such as 20:00-08:00, or off")
    numbers = [int(number) for number in match.groups()]
    try:
        start, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError as error:
        raise ValueError("write times between 00:00 and 23:59, such as 20:00-08:00") from error
    if start == end:
        raise ValueError("the two times are equal; write off for no quiet hours")
    return QuietHours(start, end)


def read_working_days(value: object) -> object:
    """Read `Mon-Fri` or `Mo,Mi,Fr` as weekday numbers, Monday 0; a range may pass the end of the week."""
    if not isinstance(value, str):
        return value
    days: set[int] = set()
    for part in re.split(r"\s*,\s*", value.strip()):
        first, dash, last = (name.strip().lower() for name in part.replace("–", "-").partition("-"))
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError("write days such as Mon-Fri or Mon,Wed,Fri")
        start = _DAYS[first]
        length = (_DAYS[last] - start) % 7 if dash else 0
        days.update((start + step) % 7 for step in range(length + 1))
    return frozenset(days)


def check_zone(name: str) -> str:
    """Refuse a time zone that the IANA database does not know."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from error
    return name


def check_land(name: str) -> str:
    """Refuse what is not the two-letter code of a German Land."""
    if name.upper() not in LAENDER:
        raise ValueError(f"{name!r} is no German Land; write one of {', '.join(sorted(LAENDER))}")
    return name.upper()


def check_address(text: str) -> str:
    """Refuse what does not look like `telegram:4711`; only the first colon divides, Matrix ids hold colons."""
    channel, _, chat = text.strip().partition(":")
    if not re.fullmatch(r"[A-Za-z]+", channel) or not chat or re.search(r"\s", chat):
        raise ValueError(f"{text!r} is no address; write channel:id such as telegram:4711")
    return f"{channel.lower()}:{chat}"


def check_web_url(text: str) -> str:
    """Refuse what is no http(s) root URL; a slash at the end goes."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError("write a URL such as http://127.0.0.1:8081")
    return text.rstrip("/")
