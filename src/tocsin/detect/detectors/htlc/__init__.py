"""Detectors of swaps by hash time locks that do not protect both sides."""
