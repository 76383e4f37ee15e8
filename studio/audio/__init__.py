"""Recording and playing: one protocol, several backends."""
