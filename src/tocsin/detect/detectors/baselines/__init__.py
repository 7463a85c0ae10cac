"""What is normal for the contracts that are watched, and what breaks with it."""
