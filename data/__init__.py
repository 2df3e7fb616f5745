"""How we reach the world: settings, engine, tables, reads, writes, connectors.

Everything that speaks SQL, reads a file or asks the network belongs here; what counts as late, good or different does
not (see ``models``).
"""
