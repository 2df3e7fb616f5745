"""How a platform's file becomes frames: manifests say what a file means, readers open it, the mapping applies one to the other.

Nothing here writes to the database (see ``data/ingest.py``) or judges an order (see ``models``).
"""
