"""Detectors, the engine that runs them, and the fusion of what they find."""
