"""`keyless soak`: its kills, its uploads in flight, and its checks."""
