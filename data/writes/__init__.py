"""Everything that changes the database, a statement of its own for each change; reads are in ``data/queries``."""
