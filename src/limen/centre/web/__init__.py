"""The pages of the centre: one address for each, a JSON twin beside it, plain forms that need no script."""
