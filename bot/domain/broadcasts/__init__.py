"""Messages to many: what they say, who gets them, when they may go out, and what became of each."""
