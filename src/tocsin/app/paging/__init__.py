"""Who is on call, and paging until somebody answers."""
