"""Telling people on channels, and stakeholders how things stand."""
