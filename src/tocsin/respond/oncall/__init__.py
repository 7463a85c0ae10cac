"""Who is on call: schedules as plain values, read from oncall.toml, and what they say at any moment."""
