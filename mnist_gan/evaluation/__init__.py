"""How good generated digits are, in numbers and in words."""
