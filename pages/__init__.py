"""One short recipe a page: choose, read, compute, draw. No SQL, no long grouping, no state beyond what a person chose."""
