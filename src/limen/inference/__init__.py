"""What we now believe: of the population from published tables, and of one person from what was seen."""
