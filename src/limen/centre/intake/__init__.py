"""The intake form: one question per screen, nothing kept before consent, an unknown is never a no."""
