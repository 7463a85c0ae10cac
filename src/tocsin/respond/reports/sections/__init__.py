"""The sections of reports: one file each, found by a walk."""
