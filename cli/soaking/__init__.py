"""What `keyless soak` is made of: targets to kill, uploads in flight, what must hold afterwards."""
