"""How fast hubtalk is, measured beside its peers in one run on one machine."""
