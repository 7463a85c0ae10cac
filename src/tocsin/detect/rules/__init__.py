"""
Rules: detectors without code, written in YAML after Sigma's specification, read here and compiled.

The text goes one way: `document` (lines are kept) -> `selection` and `condition` (what a row must be) -> `matching`
(datasets to matching rows) -> `rule` or `correlation` (a `Detector` like any other). `loading` does it for many files.
"""
