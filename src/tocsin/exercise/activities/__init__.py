"""Ordinary activities: one file each."""
