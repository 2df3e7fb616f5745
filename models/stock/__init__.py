"""What may be promised of what is there: moves, holds, thresholds and what channels show. Pure rules; the ledger itself is in data."""
