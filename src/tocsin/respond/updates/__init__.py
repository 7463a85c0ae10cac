"""Updates: what stakeholders are told about how things stand, from a draft to what was sent."""
