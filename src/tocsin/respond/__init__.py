"""What people respond to: findings about the same thing become an alert."""
