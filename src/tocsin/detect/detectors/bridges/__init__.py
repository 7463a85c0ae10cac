"""Detectors of what goes wrong between chains: forged and emptied bridges, their validators, their backing."""
