"""Evidence on the disk, and those who witness when."""
