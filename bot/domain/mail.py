"""Mail addresses: how they are kept, and what their domain says about who belongs together."""

from __future__ import annotations

import re

MAIL_LIMIT = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets at most, two of which are its brackets."""

_MAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[a-z\d][a-z\d-]*[a-z\d]")

# Who has an address there shares nothing with the others who do.
FREE_HOSTERS = frozenset(
    {
        "aol.com", "aol.de", "arcor.de", "email.de", "fastmail.com", "freenet.de", "gmail.com", "gmx.at", "gmx.ch",
        "gmx.com",
        "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hotmail.de", "icloud.com", "live.com", "live.de",
        "mac.com",
        "mail.com", "mail.de", "mailbox.org", "me.com", "msn.com", "online.de", "outlook.com", "outlook.de",
        "posteo.de",
        "posteo.net", "proton.me", "protonmail.com", "t-online.de", "tutanota.com", "tutanota.de", "unitybox.de",
        "vodafone.de", "vodafonemail.de", "web.de", "yahoo.com", "yahoo.de", "ymail.com",
    }
)  # fmt: skip


def read_mail(text: str) -> str | None:
    """Return a mail address as it is kept, in lower case; None if the text is none."""
    plain = text.strip().removeprefix("mailto:").lower()
    return plain if len(plain) <= MAIL_LIMIT and _MAIL.fullmatch(plain) else None


def own_domain(mail: str) -> str:
    """Return the domain of an address if it says which company somebody belongs to, else ""."""
    domain = mail.rpartition("@")[2]
    return "" if domain in FREE_HOSTERS else domain
