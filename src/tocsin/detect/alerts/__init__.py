"""From findings to alerts: what belongs together, how much it weighs, and why."""
