"""The loop that trains; nothing here writes a file."""
