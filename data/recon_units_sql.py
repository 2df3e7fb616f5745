"""Which matches are units of component C3 of the index, when did each fall due, and which count as put right, in SQL?"""

# A correction counts as good for the index within so many working days (product, section 3.2).
CORRECTED_WITHIN = 3

# A unit is a match of an order with its statement; payouts and money that only moves are none, and what is not due is not yet. Of
# ``recon_results AS r``.
UNIT = "r.class <> 'pending' AND r.type NOT IN ('payout', 'movement')"

# It belongs to the day its T+N fell due; what no entry of ours expects fell due when it was settled.
UNIT_DUE = "coalesce(r.due_at, (r.settled_day + 1)::timestamp AT TIME ZONE :zone - interval '1 second')"

# Posted and approved within three working days of the mainland's calendar after the difference was opened.
CORRECTED = f"""EXISTS (
    SELECT FROM recon_differences AS d JOIN journal_suggestions AS j USING (difference_id)
    WHERE (d.shop_id, d.order_no, d.type, d.currency) = (r.shop_id, r.order_no, r.type, r.currency)
        AND r.class IN ('partial', 'missing') AND j.status = 'approved' AND j.approved_at < (
            SELECT (max(day) + 1)::timestamp AT TIME ZONE :zone FROM (
                SELECT day FROM calendar_days WHERE calendar = 'CN' AND working AND day > CAST(d.opened_at AT TIME ZONE :zone AS date)
                ORDER BY day LIMIT {CORRECTED_WITHIN}
            ) AS days))"""
