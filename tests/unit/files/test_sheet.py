"""Sheets of cards: every QR code is read back from the rendered page, and no text leaves its card."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
import zxingcpp

from bot.files.qr import picture
from bot.files.sheet import CARD, COLUMNS, PADDING, ROWS, Card, fitted, sheet

SENTENCES = (
    "Sagen Sie, was Ihr Unternehmen braucht. Öffnen Sie den Chat mit der Kamera, und schreiben Sie dort den Code.",
    "Tell us what your company needs. Open the chat with your camera, and write the code there.",
)
LONG = (
    "Gemeinnützige Rechtsschutz- und Dienstleistungsgesellschaft für Kreislaufwirtschaft mbH & Co. KGaA, Bergkamen-Heil"
)
NAMES = (
    "Testwerk GmbH",
    LONG,
    "Donaudampfschifffahrtsgesellschaft" * 4,
    "Müller & Söhne",
    "Ελληνική Εταιρεία",
    "🌱 Grün",
    "",
)


def pages(data: bytes, *, scale: float = 3) -> list[Any]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.render(scale=scale).to_pil() for page in document]
    finally:
        document.close()


def words(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def card(number: int) -> Card:
    code = f"7KQ2-9F0D-{number:04d}"
    links = (("Telegram", f"https://t.me/testhub_bot?start={code}"), ("Matrix", "https://matrix.to/#/@hub:example.org"))
    return Card(company=NAMES[number % len(NAMES)], name="Ada Muster" if number % 3 else "", code=code, links=links)


def test_every_qr_code_of_forty_companies_is_read_back() -> None:
    cards = [card(number) for number in range(40)]
    rendered = pages(sheet(cards, hub="EcoTecHub Bergkamen", sentences=SENTENCES))
    assert len(rendered) == 40 / (COLUMNS * ROWS)
    read = sorted(found.text for page in rendered for found in zxingcpp.read_barcodes(page))
    assert read == sorted(link for each in cards for _, link in each.links)


def test_a_card_says_whose_it_is_and_what_to_do() -> None:
    told = words(sheet([card(3), card(4)], hub="EcoTecHub Bergkamen", sentences=SENTENCES))
    for wanted in ("EcoTecHub Bergkamen", "Müller & Söhne", "Ada Muster", "Telegram", "Matrix", "7KQ2", "9F0D", "0003"):
        assert wanted in told
    assert "Tell us what your company needs" in " ".join(told.split())


def test_what_the_font_lacks_is_replaced() -> None:
    told = words(sheet([card(5)], hub="Łódź Żółw 🌱", sentences=("Ďakujem",)))
    assert "?" in told and "🌱" not in told


@pytest.mark.parametrize("text", [*NAMES, "x" * 500, "W " * 300])
@pytest.mark.parametrize("lines", [1, 2])
def test_no_text_is_wider_than_its_card(text: str, lines: int) -> None:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    width = CARD[0] - 2 * PADDING
    size, wrapped = fitted(text, width=width, font="VeraBd", sizes=(11, 7), lines=lines)
    assert len(wrapped) <= lines and 7 <= size <= 11
    assert all(stringWidth(line, "VeraBd", size) <= width for line in wrapped)


def test_nothing_is_drawn_into_a_neighbour() -> None:
    full = pages(
        sheet(
            [Card(company=LONG, name=LONG, code="WWWW-WWWW-WWWW", links=card(1).links)],
            hub=LONG,
            sentences=(LONG, LONG),
        )
    )[0]
    empty = pages(sheet([Card(company="", code="")], hub="", sentences=()))[0]
    width, height = full.size
    inside = (0, 0, width // 2, int(height * 0.27))
    for page in (full, empty):
        page.paste("white", inside)
    assert full.tobytes() == empty.tobytes()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_is_the_link(kind: Any) -> None:
    made = picture("https://t.me/testhub_bot?start=7KQ2-9F0D-XW3T", kind=kind)
    if kind == "svg":
        assert made.startswith(b"<?xml") and b"<svg" in made
        return
    from io import BytesIO

    from PIL import Image

    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(made)))
    assert found.text == "https://t.me/testhub_bot?start=7KQ2-9F0D-XW3T"
