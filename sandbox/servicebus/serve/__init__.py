"""The broker: queues, topics, rules, locks, sessions, schedules, dead letters, and their store.

It knows nothing of links, tokens or roles. A link reaches it only after it was admitted.
"""
