"""Clocks: kept, and what people say to them."""
