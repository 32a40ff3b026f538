"""The load server: a Bot API double and the people who chat with the bot under test."""
