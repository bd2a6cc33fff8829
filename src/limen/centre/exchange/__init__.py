"""What comes in and goes out: CSV lists, FHIR R4 bundles, one person's whole record."""
