"""An offline rehearsal of a deployment: Azure's order of steps, and the steps it would refuse."""
