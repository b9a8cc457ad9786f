"""Page Data sets: the card of a set, and importing labelled images."""
