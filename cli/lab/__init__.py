"""Labs: exercises that break a copy of the sample, and check by real requests that it is mended."""
