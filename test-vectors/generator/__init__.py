"""Builds hookseal's test vectors. Uses nothing of hookseal: its errors must not hide here."""
