"""The web app's shell: entry script, navigation, filters, cached reads, charts, cards, states, routes, translations.

Pages are in ``pages/`` and are never imported from here. Of the data layer only ``data.reads``, ``data.actions`` and
``data.api`` may be imported; nothing here speaks SQL.
"""
