"""Turns the best checkpoint of a run into a deployment bundle, and lets no wrong model through."""
