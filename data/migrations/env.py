"""What does Alembic run, on which connection? (Alembic loads this file by itself.)"""

from alembic import context

from data.tables import metadata

# the caller owns the transaction: the tables and the installation's row come together or not at all
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=False)
context.run_migrations()
