"""What is worth doing about which order, by whom, and did it help? No tables here, see ``data/tables.py``."""
