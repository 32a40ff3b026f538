"""The table the peers write to, and how durably: as much as hubtalk promises."""

from __future__ import annotations

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
CREATE = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, question INTEGER NOT NULL, value TEXT NOT NULL,
    answered_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""
INSERT = "INSERT INTO answers (chat, question, value) VALUES (?, ?, ?)"
