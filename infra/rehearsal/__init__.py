"""A deployment rehearsed offline: in Azure's own order, and what Azure would refuse."""
