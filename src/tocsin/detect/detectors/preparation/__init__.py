"""What comes before an attack: money whose origin is hidden, and code made to attack."""
