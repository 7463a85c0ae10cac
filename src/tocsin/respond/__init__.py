"""What people do about what was found: triage, incidents, clocks, escalation, evidence, reports."""
