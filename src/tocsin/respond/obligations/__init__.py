"""Duties to report: one file a regime (reference: incident response, 11.6)."""
