"""What is on the screen when, and how it becomes pictures and sound."""
