"""The live infusion: signals recorded beside the record of the session, and shown with the model on one axis."""
