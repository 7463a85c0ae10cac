"""Reports about an incident: what is in them, and the forms they take."""
