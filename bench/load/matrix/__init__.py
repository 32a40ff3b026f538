"""The load of the Matrix part: people in rooms with the bots, in one process that costs the homeserver little."""
