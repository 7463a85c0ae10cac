"""Triage: alerts from being received to a verdict, what is hidden and until when, and how good the alerts are."""
