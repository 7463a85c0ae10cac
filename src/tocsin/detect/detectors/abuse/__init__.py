"""Contracts made to do what their authors did not mean: claims, calls, masters and sums that nobody checked."""
