"""What do we believe about orders that have not left yet: how likely will each be late, how sure are we, and why?

Targets, landmarks, features, the estimator, its reasons and its honest figures: frames in, frames out. Reading orders, keeping models
and running on time are ``data`` and ``jobs``.
"""
