"""What the organisation protects, who looks after it, and who can contain it."""
