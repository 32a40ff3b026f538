"""Words by which people say that they do not know, or want to go on without an answer."""

from __future__ import annotations

from bot.forms.readers.folding import fold

_UNKNOWN = frozenset(
    "weiss nicht|weiss ich nicht|ich weiss nicht|ich weiss es nicht|weiss ich leider nicht|"
    "weiss es nicht|das weiss ich nicht|keine ahnung|kein plan|k a|keine angabe|keine angaben|"
    "unbekannt|nicht bekannt|mir nicht bekannt|weiss nich|weis nicht|weis ich nicht|"
    "kann ich nicht sagen|kann ich nicht beantworten|dont know|don t know|i dont know|i don t know|"
    "do not know|i do not know|dunno|i dunno|idk|no idea|no clue|not sure|unknown|n a|not known|"
    "can t say|cant say|cannot say|i have no idea|ich habe keine ahnung|hab keine ahnung|"
    "habe keine ahnung".split("|")
)
_CAPITALS = frozenset({"kA", "KA", "NA"})  # small letters may look up a label: `ka` for Kamen
_SKIP = frozenset(
    "uberspringen|ueberspringen|uberspring|ueberspring|bitte uberspringen|bitte ueberspringen|"
    "auslassen|weglassen|weiter|nachste|naechste|nachste frage|naechste frage|skip|skip it|skip this|"
    "skip please|please skip|pass|next|next question|no answer|keine antwort|moechte ich nicht sagen|"
    "mochte ich nicht sagen|prefer not to say|i d rather not say|id rather not say".split("|")
)
_LONGEST = 60  # characters of any of these, with signs around


def says_unknown(text: str) -> bool:
    """Whether the whole text says `I do not know`, in German or English; `?` alone does too."""
    text = text[: _LONGEST + 1].strip()
    if len(text) > _LONGEST:
        return False
    return fold(text) in _UNKNOWN or text in _CAPITALS or (0 < len(text) <= 5 and not text.strip("?¿？؟"))


def says_skip(text: str) -> bool:
    """Whether the whole text asks to go on without an answer, in German or English."""
    text = text[: _LONGEST + 1].strip()
    return len(text) <= _LONGEST and fold(text) in _SKIP
