"""The posteromedial circuit."""
