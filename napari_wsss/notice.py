"""What is said wherever a mask or a figure leaves the tool."""

NOT_FOR_DIAGNOSIS = "Research software. Not for diagnosis: no figure or mask here may guide the care of a patient."
