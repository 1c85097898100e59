"""The rows of the benchmark table: one module each, and what they share."""
