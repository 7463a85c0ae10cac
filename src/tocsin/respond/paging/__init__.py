"""Telling people until somebody answers: policies, the timers of their steps, links, words."""
