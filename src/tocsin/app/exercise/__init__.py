"""Playing exercises: the range brought up, scenarios played on it, recorded, scored, and watched live."""
