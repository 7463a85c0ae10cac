"""Database migrations, run at every opening of the store."""
