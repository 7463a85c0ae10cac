"""The forms in which others' programs take an incident: one file each, found by a walk."""
