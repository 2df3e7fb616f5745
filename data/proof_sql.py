"""Of what is a proof of reconciliation, in SQL: one home for who stores it and who holds it against the sums shown."""

# A cell of a proof, beside its basis.
CELL = "level, day, channel, currency"
# Source rows, and what should be and what is.
FIGURES = ("entries", "lines", "bank_lines", "internal_minor", "stated_minor")
# Of matches or of their sums: at the bank what left the platform is what should be, and what arrived is what there is.
LEVEL = "CASE WHEN type = 'payout' THEN 'bank' ELSE 'statement' END"
INTERNAL = "CASE WHEN type = 'payout' THEN stated_minor ELSE internal_minor END"
STATED = "CASE WHEN type = 'payout' THEN bank_minor ELSE stated_minor END"
# Proofs of the runs before the last that matched everything anew are of matches that are no more.
OF_MATCHES = "p.run_id >= (SELECT max(run_id) FROM recon_runs WHERE anew AND status = 'succeeded')"
