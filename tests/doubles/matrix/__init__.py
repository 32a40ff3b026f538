"""Doubles of what stands on the other side on Matrix."""
