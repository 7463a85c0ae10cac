"""Watching chains live: following, telling, looking after it."""
