"""What waits to be mined."""
