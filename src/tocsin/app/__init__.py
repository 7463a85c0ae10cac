"""Settings, wiring and pipelines: the one place where the domain meets the edge."""
