"""How healthy is the shop, and why did that change: components, the index, its exact attribution.

What belongs here: definitions and formulas of the order health index, over sums and frames that others have counted.
What does not: counting the units of a day, storing versions or values, pages and texts of reports.
"""
