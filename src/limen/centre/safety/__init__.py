"""Safety rules R1 to R20: data with source and version, and pure functions over what is known of a person."""
