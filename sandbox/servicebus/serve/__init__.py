"""Step 4, serve: the broker, with its queues, topics, rules, locks, dead letters, and their store.

Nothing in here has heard of links, tokens or roles.
"""
