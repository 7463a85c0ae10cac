"""
Labels for maximal extractable value: trades that explain what looks like an attack.

These detectors do not alarm. Their findings are informational, and the label they put on a transaction lowers what
other detectors say about it; it hides nothing (see `detect.fusion`).
"""
