"""What a person does to a mask: operations, the changes they make, undo, statistics."""
